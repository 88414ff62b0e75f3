import { describe, expect, test } from '@jest/globals';
import {
  goesFirst,
  type Invitation,
  type InvitationMessage,
  received,
  type Step,
} from '../../../web/src/calls/invitation.ts';

const ROMEO = 'romeo@example.org';
const PHONE = { from: `${ROMEO}/phone`, isOwn: false };
const OTHER_DEVICE = { from: 'juliet@example.org/tablet', isOwn: true };
const STRANGER = { from: 'tybalt@example.org/phone', isOwn: false };

const begun = { id: 'a', peer: ROMEO, media: ['audio'], phase: 'proposed' } as const;
const ours: Invitation = { ...begun, isOurs: true };
const theirs: Invitation = { ...begun, isOurs: false, device: PHONE.from };

function says(step: Step, more: Partial<InvitationMessage> = {}): InvitationMessage {
  return { step, id: 'a', ...more };
}

describe('an invitation of ours', () => {
  test('rings there [XEP-0353 3.2]', () => {
    expect(received(ours, says('ringing'), PHONE).phase).toBe('ringing');
  });

  test('goes on with the device that proceeds [XEP-0353 3.4]', () => {
    const ringing = received(ours, says('ringing'), PHONE);
    const device = `${ROMEO}/laptop`;
    expect(received(ringing, says('proceed'), { from: device, isOwn: false })).toMatchObject({
      ...{ phase: 'proceeded', device },
    });
  });

  test('has one device: a second that proceeds, or rejects, is late', () => {
    const going = received(ours, says('proceed'), PHONE);
    const late = { from: `${ROMEO}/laptop`, isOwn: false };
    expect(received(going, says('proceed'), late)).toEqual(going);
    expect(received(going, says('reject'), late)).toEqual(going);
  });

  test.each<readonly [Partial<InvitationMessage>, string]>([
    [{ reason: 'busy' }, 'busy'],
    [{ reason: 'decline' }, 'declined'],
    [{}, 'declined'],
    [{ reason: 'expired', tieBreak: true }, 'tie'],
  ])('is rejected: %j [XEP-0353 3.5]', (more, end) => {
    expect(received(ours, says('reject', more), PHONE)).toMatchObject({ phase: 'over', end });
  });

  test('is not for others to answer', () => {
    for (const step of ['ringing', 'proceed', 'reject', 'finish'] as const) {
      expect(received(ours, says(step), STRANGER)).toEqual(ours);
    }
  });

  test('stays over', () => {
    const over = received(ours, says('reject'), PHONE);
    expect(received(over, says('proceed'), PHONE)).toEqual(over);
  });
});

describe('an invitation of theirs', () => {
  test('is taken back [XEP-0353 3.3]', () => {
    expect(received(theirs, says('retract'), PHONE)).toMatchObject({
      ...{ phase: 'over', end: 'cancelled' },
    });
  });

  test.each<readonly [Step, string]>([
    ['accept', 'answered-elsewhere'],
    ['proceed', 'answered-elsewhere'],
    ['reject', 'declined-elsewhere'],
  ])('stops ringing where another device of ours says %s [XEP-0353 3.4]', (step, end) => {
    expect(received(theirs, says(step), OTHER_DEVICE)).toMatchObject({ phase: 'over', end });
  });

  test('goes on ringing where another device of ours rings as well', () => {
    expect(received(theirs, says('ringing'), OTHER_DEVICE)).toEqual(theirs);
  });

  test('that was answered here is not answered elsewhere', () => {
    const answered: Invitation = { ...theirs, phase: 'proceeded' };
    expect(received(answered, says('accept'), OTHER_DEVICE)).toEqual(answered);
  });

  test('cannot be answered by who has sent it', () => {
    expect(received(theirs, says('proceed'), PHONE)).toEqual(theirs);
  });
});

describe('two that call each other [XEP-0353 4.1]', () => {
  test('the lower id goes first, by bytes', () => {
    const [low, high] = [
      { id: 'Z', from: 'b@example.org/x' },
      { id: 'a', from: 'a@example.org/x' },
    ];
    expect([goesFirst(low, high), goesFirst(high, low)]).toEqual([true, false]);
  });

  test('with the same id, the lower address', () => {
    const [low, high] = [
      { id: 'a', from: 'a@example.org/x' },
      { id: 'a', from: 'b@example.org/x' },
    ];
    expect([goesFirst(low, high), goesFirst(high, low)]).toEqual([true, false]);
  });
});
