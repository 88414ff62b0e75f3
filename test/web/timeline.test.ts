import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Arrival, Timeline } from '../../web/src/chat/timeline.ts';

const said = (id: string, change: Partial<Arrival> = {}): Arrival => ({
  id,
  archiveId: `archive-${id}`,
  isOwn: false,
  time: Number(id),
  body: `message ${id}`,
  file: null,
  isRetracted: false,
  isMarkable: true,
  ...change,
});
const own = (id: string, change: Partial<Arrival> = {}) => said(id, { isOwn: true, ...change });
const shown = (timeline: Timeline) => timeline.entries().map(({ body }) => body);

describe('a timeline', () => {
  test('goes by time, in whatever order messages come', () => {
    const timeline = new Timeline();
    for (const id of ['2', '1', '3']) timeline.add(said(id));
    expect(shown(timeline)).toEqual(['message 1', 'message 2', 'message 3']);
  });

  test('has each message of the archive once [XEP-0359 6]', () => {
    const timeline = new Timeline();
    expect(timeline.add(said('1'))).toBe(true);
    expect(timeline.add(said('1'))).toBe(false);
    // Ids of messages are their senders', and may be the same.
    expect(timeline.add(said('1', { archiveId: 'another' }))).toBe(true);
    expect(timeline.entries()).toHaveLength(2);
  });

  test('what has failed stays so, though the server has it, until it is taken out', () => {
    const timeline = new Timeline();
    timeline.add(own('1', { archiveId: null }), 'sending');
    expect(timeline.takeFailed('1')).toBeUndefined();
    timeline.fail('1');
    timeline.advance('1', 'sent');
    timeline.add(own('1'));
    expect(timeline.entries()[0]!.delivery).toBe('failed');
    expect(timeline.takeFailed('1')?.body).toBe('message 1');
    expect(timeline.entries()).toEqual([]);
  });

  test('finds in the archive what it has sent itself, and goes by the time there', () => {
    const timeline = new Timeline();
    timeline.add(own('5', { archiveId: null }), 'sending');
    const { key } = timeline.entries()[0]!;
    timeline.add(said('6'));
    timeline.add(own('5', { archiveId: 'there', time: 7 }));
    const entries = timeline.entries();
    expect(entries.map(({ body }) => body)).toEqual(['message 6', 'message 5']);
    expect(entries[1]).toMatchObject({ key, archiveId: 'there', delivery: 'sent' });
    expect(timeline.add(own('5', { archiveId: 'there' }))).toBe(false);
  });

  test('shows the latest correction, come what may first [XEP-0308 3]', () => {
    const timeline = new Timeline();
    timeline.correct('1', true, 30, 'third');
    timeline.correct('1', true, 20, 'second');
    timeline.add(own('1'));
    expect(timeline.entries()).toMatchObject([{ body: 'third', isCorrected: true }]);
  });

  test('lets nobody correct or take back what the other has said [XEP-0308 4, XEP-0424 5]', () => {
    const timeline = new Timeline();
    timeline.add(own('1'));
    timeline.correct('1', false, 2, 'put into my mouth');
    timeline.retract('1', false, 3);
    expect(timeline.entries()).toMatchObject([
      { body: 'message 1', isCorrected: false, isRetracted: false },
    ]);
  });

  test('shows nothing of what was taken back, corrected or not [XEP-0424 5]', () => {
    const timeline = new Timeline();
    timeline.add(said('1', { file: 'https://example.org/secret.png' }));
    timeline.retract('1', false, 2);
    timeline.correct('1', false, 3, 'once more');
    timeline.add(said('2', { isRetracted: true, body: 'left over' }));
    const gone = { body: '', file: null, isRetracted: true, isCorrected: false };
    expect(timeline.entries()).toMatchObject([gone, gone]);
  });

  test('shows how far one’s own have come, and never goes back [XEP-0184 5, XEP-0333 4]', () => {
    const timeline = new Timeline();
    const deliveries = () => timeline.entries().map(({ delivery }) => delivery);
    for (const id of ['1', '2', '3']) timeline.add(own(id, { archiveId: null }), 'sending');
    timeline.advance('2', 'sent');
    expect(deliveries()).toEqual(['sending', 'sent', 'sending']);
    timeline.received('3');
    timeline.displayed('2');
    expect(deliveries()).toEqual(['displayed', 'displayed', 'received']);
    timeline.advance('3', 'sent');
    expect(deliveries()).toEqual(['displayed', 'displayed', 'received']);
  });

  test('takes markers of messages that it has not loaded yet', () => {
    const timeline = new Timeline();
    timeline.displayed('1');
    timeline.add(own('1'));
    expect(timeline.entries()).toMatchObject([{ delivery: 'displayed' }]);
  });

  test('says what the server may not have', () => {
    const timeline = new Timeline();
    timeline.add(own('1', { archiveId: null }), 'sending');
    timeline.add(own('2', { archiveId: null }), 'sending');
    timeline.add(said('3'));
    timeline.advance('1', 'sent');
    expect(timeline.unsent().map(({ id }) => id)).toEqual(['2']);
    timeline.fail('2');
    expect(timeline.unsent()).toEqual([]);
    expect(timeline.entries()[1]!.delivery).toBe('failed');
  });

  test('is the same for any order in which its parts come', () => {
    const parts: ((timeline: Timeline) => void)[] = [
      (timeline) => timeline.add(own('1')),
      (timeline) => timeline.add(said('2')),
      (timeline) => timeline.add(own('3')),
      (timeline) => timeline.add(said('2')),
      (timeline) => timeline.correct('1', true, 10, 'corrected'),
      (timeline) => timeline.retract('2', false, 11),
      (timeline) => timeline.displayed('1'),
      (timeline) => timeline.received('3'),
    ];
    const play = (order: readonly number[]) => {
      const timeline = new Timeline();
      for (const index of order) parts[index]!(timeline);
      return timeline.entries().map(({ key: _, ...entry }) => entry);
    };
    const expected = play(parts.keys().toArray());
    fc.assert(
      fc.property(fc.shuffledSubarray([...parts.keys()], { minLength: parts.length }), (order) => {
        expect(play(order)).toEqual(expected);
      }),
    );
  });
});
