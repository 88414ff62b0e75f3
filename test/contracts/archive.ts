import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ArchivePage,
  type ArchiveQuery,
  type ConversationQuery,
  type NewMessage,
  type Storage,
  timeOfId,
} from '../../src/storage/ports.ts';
import { JULIET, NURSE, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

const FORWARD = { limit: 10, direction: 'forward', wantsCount: true } as const;
const BACKWARD = { ...FORWARD, direction: 'backward' } as const;
const ALL = { page: FORWARD } as const;
const NEWEST: ConversationQuery = { unreadOnly: false, from: 'newest', limit: 10 };

export function message(peer: string, id: string, more: Partial<NewMessage> = {}): NewMessage {
  const { sender = ROMEO } = more;
  const to = sender === peer ? ROMEO : peer;
  const stanza = `<message id="${id}" from='${sender}/orchard' to='${to}'><body>${id}</body></message>`;
  return { peer, reference: id, sender, counts: 'neither', stanza, ...more };
}

export function archiveContract(current: CurrentStorage): void {
  describe('archives', () => contract(current));
}

function contract(current: CurrentStorage): void {
  let storage: Storage;
  beforeEach(async () => {
    storage = current();
    await storage.users.create(user(JULIET), []);
  });

  const append = (owner: string, ...rest: Parameters<typeof message>) =>
    storage.archive.append(owner, message(...rest)).id;
  const bodies = ({ messages }: Pick<ArchivePage, 'messages'>) =>
    messages.map(({ stanza }) => />([^<]+)<\/body>/.exec(stanza)?.[1] ?? stanza);
  const page = async (owner: string, query: ArchiveQuery) =>
    await storage.archive.page(owner, query);
  const read = async (owner: string, query: ArchiveQuery = ALL) => bodies(await page(owner, query));
  const inbox = async (owner: string, query = NEWEST) =>
    (await storage.archive.conversations(owner, query)).conversations;
  const of = (peer: string, reference: string, sender = peer) => ({ peer, reference, sender });

  describe('the archive', () => {
    test('holds messages in the order of their ids, which tell when they came', async () => {
      const before = Date.now();
      const ids = ['1', '2', '3'].map((id) => append(ROMEO, JULIET, id));
      expect([...ids].sort((a, b) => a - b)).toEqual(ids);
      expect(timeOfId(ids[0]!)).toBeGreaterThanOrEqual(before);
      expect(timeOfId(ids[2]!)).toBeLessThanOrEqual(Date.now());
      const found = await page(ROMEO, ALL);
      expect(found.messages.map(({ id }) => id)).toEqual(ids);
      expect(found).toMatchObject({ isComplete: true, count: 3, index: 0, unknown: null });
      expect(await storage.archive.bounds(ROMEO)).toEqual({ first: ids[0], last: ids[2] });
    });

    test('is empty at first, and for nobody', async () => {
      for (const owner of [ROMEO, 'nobody@montague.example']) {
        const empty = { messages: [], isComplete: true, count: 0, index: null, unknown: null };
        expect(await page(owner, ALL)).toEqual(empty);
        expect(await storage.archive.bounds(owner)).toBeNull();
        expect(await storage.archive.find(owner, 1)).toBeNull();
        expect(await inbox(owner)).toEqual([]);
      }
    });

    test('shares a message with another account, once', async () => {
      const { id } = storage.archive.append(ROMEO, message(JULIET, '1'));
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      await storage.durability.whenCommitted(storage.durability.latest);
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      expect(await page(JULIET, ALL)).toEqual(await page(ROMEO, ALL));
      expect(await inbox(JULIET)).toMatchObject([{ peer: ROMEO, unread: 1, count: 1 }]);
      expect(await inbox(ROMEO)).toMatchObject([{ peer: JULIET, unread: 0, count: 1 }]);
    });

    test('refuses what is for nobody, or is of nobody', async () => {
      const { id } = storage.archive.append('nobody@montague.example', message(JULIET, '1'));
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      expect(await read(JULIET)).toEqual([]);
      expect(storage.durability.dropped).toBe(2);
    });

    test('is read page by page in both directions [XEP-0059 2.2, 2.3]', async () => {
      const ids = ['1', '2', '3', '4', '5'].map((id) => append(ROMEO, JULIET, id));
      const part = (more: object) => page(ROMEO, { page: { ...FORWARD, limit: 2, ...more } });
      const first = await part({});
      expect(bodies(first)).toEqual(['1', '2']);
      expect(first).toMatchObject({ isComplete: false, count: 5, index: 0 });
      expect(bodies(await part({ after: ids[1] }))).toEqual(['3', '4']);
      const end = await part({ after: ids[3] });
      expect(bodies(end)).toEqual(['5']);
      expect(end).toMatchObject({ isComplete: true, count: 5, index: 4 });
      const last = await part({ direction: 'backward' });
      expect(bodies(last)).toEqual(['4', '5']);
      expect(last).toMatchObject({ isComplete: false, count: 5, index: 3 });
      const start = await part({ direction: 'backward', before: ids[2] });
      expect(bodies(start)).toEqual(['1', '2']);
      expect(start).toMatchObject({ isComplete: true, index: 0 });
      expect(await part({ limit: 0 })).toMatchObject({ messages: [], isComplete: false, count: 5 });
      expect(await part({ wantsCount: false })).toMatchObject({ count: null });
    });

    test('tells an id that it has not [XEP-0059 2.2]', async () => {
      const id = append(ROMEO, JULIET, '1');
      const foreign = append(JULIET, ROMEO, '2', { sender: JULIET });
      for (const query of [
        { afterId: foreign, ...ALL },
        { beforeId: foreign, ...ALL },
        { ids: [id, foreign], ...ALL },
        { page: { ...FORWARD, after: foreign } },
        { page: { ...BACKWARD, before: foreign } },
      ]) {
        expect(await page(ROMEO, query)).toMatchObject({ messages: [], unknown: foreign });
      }
    });

    test('is filtered by ids, and by the ids around [XEP-0313 4.1]', async () => {
      const ids = ['1', '2', '3', '4'].map((id) => append(ROMEO, JULIET, id));
      const [first, second, third, fourth] = ids as [number, number, number, number];
      expect(await read(ROMEO, { afterId: first, beforeId: fourth, ...ALL })).toEqual(['2', '3']);
      expect(await read(ROMEO, { ids: [third, first, third], ...ALL })).toEqual(['1', '3']);
      expect(await read(ROMEO, { ids: [third, first], with: NURSE, ...ALL })).toEqual([]);
      const newest = { ids: [second, third, fourth], page: { ...BACKWARD, limit: 2 } };
      expect(await read(ROMEO, newest)).toEqual(['3', '4']);
      expect(await page(ROMEO, newest)).toMatchObject({ count: 3, isComplete: false });
    });

    test('is filtered by time, both ends included [XEP-0313 4.1.2]', async () => {
      const time = timeOfId(append(ROMEO, JULIET, '1'));
      expect(await read(ROMEO, { start: time, end: time, ...ALL })).toEqual(['1']);
      expect(await read(ROMEO, { start: time + 1, ...ALL })).toEqual([]);
      expect(await read(ROMEO, { end: time - 1, ...ALL })).toEqual([]);
      expect(await read(ROMEO, { start: -1e15, end: 1e15, ...ALL })).toEqual(['1']);
    });

    test('is filtered by a conversation, or one resource of it [XEP-0313 4.1.1]', async () => {
      append(ROMEO, JULIET, '1');
      append(ROMEO, NURSE, '2');
      append(ROMEO, JULIET, '3', { sender: JULIET });
      append(ROMEO, ROMEO, '4');
      expect(await read(ROMEO, { with: JULIET, ...ALL })).toEqual(['1', '3']);
      expect(await page(ROMEO, { with: JULIET, ...ALL })).toMatchObject({ count: 2 });
      expect(await read(ROMEO, { with: `${JULIET}/orchard`, ...ALL })).toEqual(['3']);
      expect(await read(ROMEO, { with: `${JULIET}/else`, ...ALL })).toEqual([]);
      expect(await read(ROMEO, { with: ROMEO, ...ALL })).toEqual(['4']);
      expect(await read(ROMEO, { with: 'tybalt@capulet.example', ...ALL })).toEqual([]);
    });

    test('reads addresses through references and quotes, and in the start tag only', async () => {
      const stanza = `<message to = "x@y/a&amp;&#x62;'" x:from='no' ><from to='x@y/c'/></message>`;
      storage.archive.append(ROMEO, { ...message('x@y', '1'), stanza });
      expect(await read(ROMEO, { with: "x@y/a&b'", ...ALL })).toEqual([stanza]);
      expect(await read(ROMEO, { with: 'x@y/c', ...ALL })).toEqual([]);
    });

    test('makes a page shorter where its stanzas are large', async () => {
      const large = 'x'.repeat(400_000);
      for (const id of ['1', '2', '3']) append(ROMEO, JULIET, id, { stanza: `${id}${large}` });
      const { messages, isComplete } = await page(ROMEO, ALL);
      expect(messages.map(({ stanza }) => stanza[0])).toEqual(['1', '2']);
      expect(isComplete).toBe(false);
    });
  });

  describe('retraction', () => {
    test('leaves a tombstone in every archive [XEP-0424 5]', async () => {
      append(ROMEO, JULIET, 'a');
      const id = append(ROMEO, JULIET, 'a');
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      const theirs = append(ROMEO, JULIET, 'a', { sender: JULIET });
      const mine = of(JULIET, 'a', ROMEO);
      expect(await storage.archive.findReferenced(ROMEO, mine)).toMatchObject({ id });
      const tombstone = `<message from='${ROMEO}/orchard' id='a'><body>gone</body></message>`;
      expect(await storage.archive.retract(ROMEO, mine, () => tombstone)).toBe(true);
      expect(await read(ROMEO)).toEqual(['a', 'gone', 'a']);
      expect(await read(JULIET)).toEqual(['gone']);
      expect(await storage.archive.retract(JULIET, of(ROMEO, 'a'), () => tombstone)).toBe(true);
      expect(await storage.archive.find(ROMEO, theirs)).toMatchObject({ id: theirs });
    });

    test('is by the sender, in the conversation, and of a message that is there', async () => {
      append(ROMEO, JULIET, 'a');
      for (const wrong of [of(JULIET, 'a'), of(NURSE, 'a', ROMEO), of(JULIET, 'b', ROMEO)]) {
        expect(await storage.archive.retract(ROMEO, wrong, () => '<message/>')).toBe(false);
      }
      expect(await storage.archive.retract(ROMEO, of(JULIET, '', ROMEO), () => '<message/>')).toBe(
        false,
      );
      expect(await storage.archive.retract(NURSE, of(ROMEO, 'a'), () => '<message/>')).toBe(false);
      expect(await read(ROMEO)).toEqual(['a']);
    });
  });

  describe('conversations', () => {
    const unread = async () => (await inbox(ROMEO)).map((row) => row.unread);
    const receive = (id: string) => append(ROMEO, JULIET, id, { sender: JULIET, counts: 'unread' });

    test('tell when they began, what came last and how much is unread', async () => {
      const first = receive('1');
      const nurse = append(ROMEO, NURSE, '2');
      const last = receive('3');
      const whole = { created: timeOfId(first), lastId: last, lastTime: timeOfId(last) };
      expect(await storage.archive.conversations(ROMEO, NEWEST)).toEqual({
        conversations: [
          { peer: JULIET, ...whole, unread: 2, count: 2 },
          {
            peer: NURSE,
            created: timeOfId(nurse),
            lastId: nurse,
            lastTime: timeOfId(nurse),
            unread: 0,
            count: 1,
          },
        ],
        isComplete: true,
        count: 2,
        unread: 2,
      });
    });

    test('are read page by page, and by what they are', async () => {
      const ids = ['a@x', 'b@x', 'c@x'].map((peer) =>
        append(ROMEO, peer, '1', { counts: 'unread' }),
      );
      const peers = async (more: Partial<ConversationQuery>) =>
        (await inbox(ROMEO, { ...NEWEST, limit: 2, ...more })).map(({ peer }) => peer);
      expect(await peers({})).toEqual(['c@x', 'b@x']);
      expect(await peers({ before: ids[1]! })).toEqual(['a@x']);
      expect(await peers({ from: 'oldest' })).toEqual(['b@x', 'a@x']);
      expect(await peers({ from: 'oldest', after: ids[0]! })).toEqual(['c@x', 'b@x']);
      expect(await peers({ start: timeOfId(ids[2]!) + 1 })).toEqual([]);
      expect(await peers({ end: timeOfId(ids[0]!) - 1 })).toEqual([]);
      storage.archive.markRead(ROMEO, of('b@x', '1', ROMEO));
      expect(await peers({ unreadOnly: true, limit: 9 })).toEqual(['c@x', 'a@x']);
    });

    test('are read up to a marker, and by an own message [XEP-0333 3]', async () => {
      for (const id of ['1', '2', '3', '4']) receive(id);
      storage.archive.markRead(ROMEO, of(JULIET, '2'));
      expect(await unread()).toEqual([2]);
      storage.archive.markRead(ROMEO, of(JULIET, '1'));
      storage.archive.markRead(ROMEO, of(JULIET, 'unknown'));
      storage.archive.markRead(ROMEO, of(NURSE, '4'));
      expect(await unread()).toEqual([2]);
      storage.archive.markRead(ROMEO, of(JULIET, '3'));
      expect(await unread()).toEqual([1]);
      append(ROMEO, JULIET, '5', { counts: 'read' });
      expect(await unread()).toEqual([0]);
      receive('6');
      expect(await unread()).toEqual([1]);
      expect(storage.durability.dropped).toBe(0);
    });
  });

  describe('preferences', () => {
    test('are null until they are set, and go with the account', async () => {
      const { archive } = storage;
      expect(await archive.preferences(ROMEO)).toBeNull();
      archive.setPreferences(ROMEO, { default: 'always', always: [], never: [] });
      const wanted = { default: 'roster', always: [JULIET], never: ['x@y/z', 'w'] } as const;
      archive.setPreferences(ROMEO, wanted);
      expect(await archive.preferences(ROMEO)).toEqual(wanted);
      storage.users.delete(ROMEO, 0);
      await storage.users.create(user(ROMEO), []);
      expect(await archive.preferences(ROMEO)).toBeNull();
    });
  });

  describe('pruning', () => {
    const NONE = { before: null, keep: null };
    const IN_A_MINUTE = () => Date.now() + 60_000;

    test('removes the oldest of one account, in steps', async () => {
      for (let n = 1; n <= 601; n++) append(ROMEO, n % 2 ? JULIET : NURSE, `${n}`);
      expect(await storage.archive.prune(ROMEO, NONE)).toBe(0);
      expect(await storage.archive.prune(ROMEO, { ...NONE, keep: 601 })).toBe(0);
      expect(await storage.archive.prune(ROMEO, { ...NONE, keep: 1 })).toBe(600);
      expect(await read(ROMEO)).toEqual(['601']);
      expect(await inbox(ROMEO)).toMatchObject([{ peer: JULIET, count: 1 }]);
      expect(await page(ROMEO, ALL)).toMatchObject({ count: 1 });
    });

    test('removes what is old of every account of a domain', async () => {
      const id = append(ROMEO, JULIET, '1');
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'unread' });
      expect(await storage.archive.prune('montague.example', { ...NONE, before: 5 })).toBe(0);
      const old = { ...NONE, before: IN_A_MINUTE() };
      expect(await storage.archive.prune('montague.example', old)).toBe(1);
      expect(await read(ROMEO)).toEqual([]);
      expect(await inbox(ROMEO)).toEqual([]);
      expect(await read(JULIET)).toEqual(['1']);
      expect(await storage.archive.prune('capulet.example', old)).toBe(1);
      expect(await read(JULIET)).toEqual([]);
    });

    test('keeps the number of unread messages true', async () => {
      for (const id of ['1', '2', '3', '4']) {
        append(ROMEO, JULIET, id, { sender: JULIET, counts: 'unread' });
      }
      storage.archive.markRead(ROMEO, of(JULIET, '1'));
      await storage.archive.prune(ROMEO, { ...NONE, keep: 2 });
      expect(await inbox(ROMEO)).toMatchObject([{ unread: 2, count: 2 }]);
    });
  });

  describe("an account's end", () => {
    test('takes its archive along at once, and leaves the other side its own', async () => {
      for (let n = 1; n <= 600; n++) {
        const id = append(ROMEO, JULIET, `${n}`);
        storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'neither' });
      }
      storage.users.delete(ROMEO, 0);
      const { ticket, id } = storage.archive.append(ROMEO, message(JULIET, 'late'));
      await storage.durability.whenCommitted(ticket);
      expect(await storage.archive.find(ROMEO, id)).toBeNull();
      expect(storage.durability.dropped).toBe(1);
      await storage.users.create(user(ROMEO), []);
      expect(await read(ROMEO)).toEqual([]);
      expect(await inbox(ROMEO)).toEqual([]);
      expect(await page(JULIET, ALL)).toMatchObject({ count: 600 });
    });
  });
}
