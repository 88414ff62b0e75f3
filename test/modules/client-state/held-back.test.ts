import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeldBack } from '../../../src/modules/client-state/held-back.ts';
import type { Jid } from '../../../src/xmpp/jid.ts';
import { readStoredStanza, type Stanza } from '../../../src/xmpp/stanza.ts';

const UNBOUNDED = { maxStanzas: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
const STATE = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
const SENDERS = ['romeo@montague.example/1', 'romeo@montague.example/2', 'nurse@capulet.example/1'];

const sender = fc.constantFrom(...SENDERS);
const presence = fc
  .tuple(sender, fc.constantFrom('', " type='unavailable'"))
  .map(([from, type]) => `<presence from='${from}'${type}/>`);
const state = sender.map((from) => `<message from='${from}'>${STATE}</message>`);
const message = sender.map((from) => `<message from='${from}'><body>Hi</body></message>`);
const stanzas = fc.array(fc.oneof(presence, state, message), { maxLength: 40 });

function read(texts: readonly string[]): Stanza[] {
  return texts.map((text) => readStoredStanza(text.replace(' ', " xmlns='jabber:client' ")));
}

/** Without presence that a later one of the same sender replaces before a message with a body. */
function expected(all: readonly Stanza[]): Stanza[] {
  return all.filter((stanza, at) => {
    if (stanza.kind !== 'presence') return true;
    const rest = all.slice(at + 1);
    const end = rest.findIndex((each) => each.has('body', 'jabber:client'));
    const together = end < 0 ? rest : rest.slice(0, end);
    return !together.some(
      (each) => each.kind === 'presence' && each.from?.equals(stanza.from as Jid),
    );
  });
}

test('lets everything go in order, but for presence that is out of date', () => {
  fc.assert(
    fc.property(stanzas, (texts) => {
      const gate = new HeldBack(UNBOUNDED);
      const all = read(texts);
      const passed = [...all.flatMap((stanza, at) => gate.pass({ stanza, at })), ...gate.release()];
      expect(passed).toEqual(expected(all).map((stanza) => ({ stanza, at: all.indexOf(stanza) })));
      expect(gate.release()).toEqual([]);
    }),
  );
});

test('never keeps more than its limits allow', () => {
  const limits = { maxStanzas: 3, maxBytes: 300 };
  fc.assert(
    fc.property(stanzas, (texts) => {
      const gate = new HeldBack(limits);
      for (const stanza of read(texts)) gate.pass({ stanza, at: 0 });
      const kept = gate.release();
      expect(kept.length).toBeLessThanOrEqual(limits.maxStanzas);
      const bytes = kept.reduce((sum, { stanza }) => sum + stanza.content.raw.length, 0);
      expect(bytes).toBeLessThanOrEqual(limits.maxBytes);
    }),
  );
});

test('gives up what still means something to others: no presence and no chat state', () => {
  const gate = new HeldBack(UNBOUNDED);
  const [shown, composing, receipt] = read([
    `<presence from='${SENDERS[0]}'/>`,
    `<message from='${SENDERS[0]}'>${STATE}</message>`,
    `<message from='${SENDERS[0]}'><received xmlns='urn:xmpp:receipts' id='r'/></message>`,
  ]) as [Stanza, Stanza, Stanza];
  for (const stanza of [shown, composing, receipt]) {
    expect(gate.pass({ stanza, at: 7 })).toEqual([]);
  }
  expect(gate.surrender()).toEqual([{ stanza: receipt, at: 7 }]);
  expect(gate.release()).toEqual([]);
});
