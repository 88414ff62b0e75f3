import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HandledStanzas } from '../../src/server/handled-stanzas.ts';
import { makeStanza } from '../../src/xmpp/stanza.ts';

test('what counts is how many are handled before the first that is not [XEP-0198 4]', () => {
  const order = fc
    .nat({ max: 12 })
    .chain((length) => fc.shuffledSubarray([...Array(length).keys()], { minLength: length }));
  fc.assert(
    fc.property(fc.nat(), order, (before, concluded) => {
      const handled = new HandledStanzas(before);
      const stanzas = concluded.map(() => makeStanza('message', {}));
      for (const stanza of stanzas) handled.take(stanza);
      expect(handled.taken).toBe(before + stanzas.length);
      const done = new Set<number>();
      for (const at of concluded) {
        handled.conclude(stanzas[at]!);
        done.add(at);
        const open = stanzas.findIndex((_, index) => !done.has(index));
        expect(handled.count).toBe(before + (open < 0 ? stanzas.length : open));
      }
    }),
  );
});

test('who waits for all of them goes on with the last', async () => {
  const handled = new HandledStanzas();
  expect(handled.whenAll()).toBeUndefined();
  const [one, other] = [makeStanza('message', {}), makeStanza('message', {})];
  handled.take(one);
  handled.take(other);
  let isThrough = false;
  const all = Promise.resolve(handled.whenAll()).then(() => {
    isThrough = true;
  });
  handled.conclude(other);
  handled.conclude(makeStanza('message', {}));
  await Promise.resolve();
  expect(isThrough).toBe(false);
  handled.conclude(one);
  await all;
  expect(isThrough).toBe(true);
});
