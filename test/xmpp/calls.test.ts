import { describe, expect, test } from '@jest/globals';
import { callId, callStep, outdatedCalls } from '../../src/xmpp/calls.ts';
import { readStoredStanza } from '../../src/xmpp/stanza.ts';

const JINGLE_MESSAGE = 'urn:xmpp:jingle-message:0';
const INVITES = 'urn:xmpp:call-invites:0';

const message = (content: string, attributes = '') =>
  readStoredStanza(`<message xmlns='jabber:client' ${attributes}>${content}</message>`);

describe('what a message says of a call', () => {
  test.each([
    ['propose', JINGLE_MESSAGE, 'propose'],
    ['proceed', JINGLE_MESSAGE, 'accept'],
    ['accept', 'urn:xmpp:jingle-message:1', 'accept'],
    ['finish', JINGLE_MESSAGE, 'finish'],
    ['invite', INVITES, 'propose'],
    ['left', INVITES, 'finish'],
    ['retract', INVITES, 'retract'],
    ['propose', 'urn:xmpp:call-message:1', 'propose'],
    ['invite', JINGLE_MESSAGE, null],
    ['left', JINGLE_MESSAGE, null],
    ['constructor', JINGLE_MESSAGE, null],
    ['propose', 'urn:x', null],
  ])('%s of %s [XEP-0353 3, XEP-0482 2]', (name, xmlns, step) => {
    expect(callStep(message(`<body>x</body><${name} xmlns='${xmlns}' id='1'/>`))).toBe(step);
  });

  test('is nothing in an error, which has what has failed', () => {
    expect(callStep(message(`<propose xmlns='${JINGLE_MESSAGE}' id='1'/>`, "type='error'"))).toBe(
      null,
    );
  });
});

test.each([
  [`<propose xmlns='${JINGLE_MESSAGE}' id='a'/>`, 'a'],
  [`<invite xmlns='${INVITES}'/>`, 'm'],
  [`<invite xmlns='${INVITES}'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/>`, 'o'],
  [`<retract xmlns='${INVITES}' id='i'/><origin-id xmlns='urn:xmpp:sid:0' id='o'/>`, 'i'],
])('%s names the call [XEP-0353 3.1, XEP-0482 3.1]', (content, id) => {
  expect(callId(message(content, "id='m'"))).toBe(id);
});

describe('of calls that have waited', () => {
  const now = Date.parse('2027-01-15T08:10:00Z');
  const propose = (id: string, time: string) =>
    message(
      `<propose xmlns='${JINGLE_MESSAGE}' id='${id}'/><delay xmlns='urn:xmpp:delay' stamp='2027-01-15T${time}Z'/>`,
    );
  const end = (name: string, id: string) =>
    message(`<${name} xmlns='${JINGLE_MESSAGE}' id='${id}'/>`);

  test('those are over that nobody has ended, and that are old', () => {
    const old = propose('a', '08:07:59');
    const waited = [
      old,
      propose('b', '08:08:01'),
      propose('c', '08:00:00'),
      null,
      end('retract', 'c'),
    ];
    expect([...outdatedCalls(waited, now)]).toEqual([old]);
  });

  test('that it rings is no end', () => {
    const old = propose('a', '08:00:00');
    expect([...outdatedCalls([old, end('ringing', 'a')], now)]).toEqual([old]);
  });

  test('nothing is known of the age of one without time', () => {
    const undated = end('propose', 'a');
    expect([...outdatedCalls([undated], now)]).toEqual([]);
  });
});
