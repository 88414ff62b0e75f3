import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SentStanzas, wrapped } from '../../src/server/sent-stanzas.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import { makeStanza } from '../../src/xmpp/stanza.ts';

const MODULUS = 2 ** 32;
/** Anywhere, and often where the numbers begin anew. */
const start = fc.oneof(
  fc.nat({ max: 100 }),
  fc.integer({ min: MODULUS - 50, max: MODULUS + 50 }),
  fc.integer({ min: 3 * MODULUS - 50, max: 3 * MODULUS }),
);
const stanza = (id: number) => makeStanza('message', { id: String(id) });

describe('acknowledgements [XEP-0198 4]', () => {
  test('take away exactly what they name, around 2^32 as elsewhere', () => {
    const steps = fc.array(
      fc.record({ sent: fc.nat({ max: 9 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(start, steps, (first, rounds) => {
        const sent = new SentStanzas(first);
        let [pushed, acknowledged] = [first, first];
        for (const round of rounds) {
          for (let each = 0; each < round.sent; each++) sent.push(stanza(pushed++), 0);
          acknowledged += Math.floor((pushed - acknowledged) * round.share);
          expect(sent.judge(wrapped(acknowledged))).toBe('new');
          sent.acknowledge(wrapped(acknowledged));
          const left = sent.unacknowledged.map((each) => Number(each.stanza.id));
          expect(left).toEqual(
            Array.from({ length: pushed - acknowledged }, (_, at) => acknowledged + at),
          );
          expect(sent.count).toBe(pushed);
        }
        for (const each of sent.unacknowledged)
          expect(each.stanza.content.keepers).toBeGreaterThan(0);
        sent.acknowledge(wrapped(pushed));
        expect(sent.bytes).toBe(0);
      }),
    );
  });

  test('of more than was sent are told from those of less than before', () => {
    fc.assert(
      fc.property(
        start,
        fc.nat({ max: 20 }),
        fc.integer({ min: 1, max: 1000 }),
        (first, count, by) => {
          const sent = new SentStanzas(first);
          for (let each = 0; each < count; each++) sent.push(stanza(each), 0);
          expect(sent.judge(wrapped(first + count + by))).toBe('too high');
          if (by <= first) expect(sent.judge(wrapped(first - by))).toBe('old');
        },
      ),
    );
  });

  test('settle who waits for what was sent until then', async () => {
    const sent = new SentStanzas();
    expect(await sent.whenReceived()).toBe(true);
    sent.push(stanza(1), 0);
    const first = sent.whenReceived();
    sent.push(stanza(2), 0);
    const second = sent.whenReceived();
    sent.acknowledge(1);
    expect(await first).toBe(true);
    sent.giveUp();
    expect(await second).toBe(false);
  });

  test('say that somebody has got it', () => {
    const sent = new SentStanzas();
    const [one, other] = [stanza(1).edit({}), stanza(2).edit({})];
    sent.push(one, 0);
    sent.push(other, 0);
    expect(one.content).toMatchObject({ isSeen: false, keepers: 1 });
    sent.acknowledge(1);
    expect(one.content).toMatchObject({ isSeen: true, keepers: 0 });
    expect(sent.giveUp().map((each) => each.stanza)).toEqual([other]);
    expect(other.content).toMatchObject({ isSeen: false, keepers: 0 });
  });
});

test('a request that is answered is known to be, by who asked and its id', () => {
  const [juliet, romeo] = [Jid.parse('juliet@example.com/a'), Jid.parse('romeo@example.com/a')];
  const sent = new SentStanzas();
  for (const from of [juliet, romeo])
    sent.push(makeStanza('iq', { type: 'get', id: '1', from }), 0);
  sent.answered(makeStanza('iq', { type: 'get', id: '1', to: romeo }));
  sent.answered(makeStanza('iq', { type: 'result', id: '2', to: romeo }));
  expect(sent.unacknowledged.map(({ isAnswered }) => isAnswered)).toEqual([false, false]);
  sent.answered(makeStanza('iq', { type: 'error', id: '1', to: romeo }));
  expect(sent.unacknowledged.map(({ isAnswered }) => isAnswered)).toEqual([false, true]);
});
