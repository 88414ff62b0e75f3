import { describe, expect, test } from '@jest/globals';
import type { Stanzas } from 'stanza';
import { readIncoming } from '../../web/src/chat/incoming.ts';

const OWN = 'juliet@capulet.example';
const ROMEO = 'romeo@montague.example';
const NOW = 1_000;

const read = (message: Stanzas.Message, archiveId: string | null = null) =>
  readIncoming(
    { from: `${ROMEO}/garden`, to: OWN, type: 'chat', id: 'm1', ...message },
    { own: OWN, archiveId, now: NOW },
  );

describe('a message', () => {
  test('of a contact belongs to the conversation with them', () => {
    expect(read({ body: 'Hi' })).toMatchObject({
      peer: ROMEO,
      isOwn: false,
      time: NOW,
      happenings: [{ kind: 'message', arrival: { id: 'm1', body: 'Hi', archiveId: null } }],
    });
  });

  test('of one’s own, from another device, to the one with whom it is for', () => {
    const sent = read({ from: `${OWN}/phone`, to: `${ROMEO}/garden`, body: 'Hi' });
    expect(sent).toMatchObject({ peer: ROMEO, isOwn: true });
    expect(read({ from: `${OWN}/phone`, body: 'Note' })).toMatchObject({ peer: OWN, isOwn: true });
  });

  test('of a room, or news for all, is none of a conversation', () => {
    expect(read({ type: 'groupchat', body: 'Hi' })).toBe(null);
    expect(read({ type: 'headline', body: 'Hi' })).toBe(null);
  });

  test('was sent when it says so [XEP-0203 4]', () => {
    const timestamp = new Date(77);
    expect(read({ body: 'Hi', delay: { timestamp } })).toMatchObject({ time: 77 });
  });

  test('has the id of one’s own archive, and of no other [XEP-0359 6]', () => {
    const stanzaIds = [
      { by: ROMEO, id: 'theirs' },
      { by: OWN, id: 'mine' },
    ];
    const idOf = (message: Stanzas.Message, archiveId?: string) => {
      const [happening] = read(message, archiveId ?? null)!.happenings;
      return happening?.kind === 'message' ? happening.arrival.archiveId : undefined;
    };
    expect(idOf({ body: 'Hi', stanzaIds })).toBe('mine');
    expect(idOf({ body: 'Hi', stanzaIds: stanzaIds.slice(0, 1) })).toBe(null);
    expect(idOf({ body: 'Hi', stanzaIds }, 'of the page')).toBe('of the page');
  });

  test('brings a file only where that is all it says [XEP-0066 3]', () => {
    const url = 'https://example.org/cat.jpg';
    const fileIn = (body: string) => {
      const [happening] = read({ body, links: [{ url }] })!.happenings;
      return happening?.kind === 'message' ? happening.arrival.file : undefined;
    };
    expect(fileIn(url)).toBe(url);
    expect(fileIn('Look')).toBe(null);
  });

  test('may correct another, and is none by itself then [XEP-0308 3]', () => {
    expect(read({ body: 'Hello', replace: 'm0' })?.happenings).toEqual([
      { kind: 'correction', id: 'm0', body: 'Hello' },
    ]);
  });

  test('may take another back, whatever its body says to others [XEP-0424 3]', () => {
    const fallbackFor = 'urn:xmpp:message-retract:1';
    expect(read({ body: '/me …', retract: 'm0', fallbackFor })?.happenings).toEqual([
      { kind: 'retraction', id: 'm0' },
    ]);
    expect(read({ body: '/me …', fallbackFor })?.happenings).toEqual([]);
  });

  test('that was taken back leaves its place in the archive [XEP-0424 4]', () => {
    expect(read({ retracted: 'r1' }, 'a1')?.happenings).toMatchObject([
      { kind: 'message', arrival: { isRetracted: true, body: '', archiveId: 'a1' } },
    ]);
  });

  test('may be about others: they have come, were read, or one is being written', () => {
    const happeningsOf = (message: Stanzas.Message) => read(message)?.happenings;
    expect(happeningsOf({ receipt: { type: 'received', id: 'm0' } })).toEqual([
      { kind: 'received', id: 'm0' },
    ]);
    expect(happeningsOf({ marker: { type: 'displayed', id: 'm0' } })).toEqual([
      { kind: 'displayed', id: 'm0' },
    ]);
    expect(happeningsOf({ chatState: 'composing' })).toEqual([
      { kind: 'chat-state', isComposing: true },
    ]);
    expect(happeningsOf({ chatState: 'paused' })).toEqual([
      { kind: 'chat-state', isComposing: false },
    ]);
  });

  test('that comes back as an error did not arrive', () => {
    expect(read({ type: 'error', body: 'Hi' })).toMatchObject({
      peer: ROMEO,
      wantsReceipt: false,
      happenings: [{ kind: 'refused', id: 'm1' }],
    });
  });

  test('asks for a receipt only of somebody else, and with an id [XEP-0184 5]', () => {
    const receipt = { type: 'request' } as const;
    expect(read({ body: 'Hi', receipt })?.wantsReceipt).toBe(true);
    expect(read({ body: 'Hi', receipt, id: '' })?.wantsReceipt).toBe(false);
    expect(read({ body: 'Hi', receipt, from: `${OWN}/phone` })?.wantsReceipt).toBe(false);
  });
});
