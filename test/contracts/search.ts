import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ArchiveQuery, NewMessage, Storage } from '../../src/storage/ports.ts';
import { JULIET, NURSE, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

const PAGE = { limit: 10, direction: 'forward', wantsCount: true } as const;

function said(peer: string, sender: string, body: string): NewMessage {
  const to = sender === peer ? ROMEO : peer;
  const stanza = `<message xmlns='jabber:client' id='${body}' from='${sender}/a' to='${to}'><body>${body}</body></message>`;
  return { peer, reference: body, sender, counts: 'neither', stanza };
}

/** The archive's search (XEP-0431). */
export function searchContract(current: CurrentStorage): void {
  let storage: Storage;
  /** Both have it. */
  const exchange = (body: string, sender = JULIET): number => {
    const { id } = storage.archive.append(ROMEO, said(JULIET, sender, body));
    storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'neither' });
    return id;
  };
  const found = async (owner: string, text: string, more: Partial<ArchiveQuery> = {}) => {
    const { messages } = await storage.archive.page(owner, { page: PAGE, text, ...more });
    return messages.map(({ stanza }) => /<body>(.*)<\/body>/.exec(stanza)?.[1]);
  };

  describe('the search', () => {
    beforeEach(async () => {
      storage = current();
      await storage.users.create(user(JULIET), []);
    });

    test('finds what was said, in the order in which it was said, in every archive', async () => {
      for (const body of ['a rose', 'a name', 'any other rose']) exchange(body);
      expect(await found(ROMEO, 'rose')).toEqual(['a rose', 'any other rose']);
      expect(await found(JULIET, 'ROSE')).toEqual(['a rose', 'any other rose']);
      exchange('the last rose');
      const newest = { page: { ...PAGE, limit: 1, direction: 'backward' } } as const;
      expect(await found(ROMEO, 'rose', newest)).toEqual(['the last rose']);
    });

    test('finds what is in the archive of who asks, and nothing else', async () => {
      exchange('a rose');
      storage.archive.append(ROMEO, said(NURSE, ROMEO, 'my rose'));
      expect(await found(JULIET, 'rose')).toEqual(['a rose']);
      expect(await found(ROMEO, 'rose', { with: NURSE })).toEqual(['my rose']);
      expect(await found(ROMEO, 'rose', { with: `${JULIET}/a` })).toEqual(['a rose']);
      expect(await found(ROMEO, 'u1')).toEqual([]);
      expect(await found(ROMEO, 'holders')).toEqual([]);
    });

    test('knows the other limits of a query', async () => {
      const ids = ['rose 1', 'rose 2', 'rose 3'].map((body) => exchange(body));
      expect(await found(ROMEO, 'rose', { afterId: ids[0]!, beforeId: ids[2]! })).toEqual([
        'rose 2',
      ]);
      expect(await found(ROMEO, 'rose', { ids: [ids[2]!] })).toEqual(['rose 3']);
      expect(await found(ROMEO, '2', { ids: [ids[2]!] })).toEqual([]);
      expect(await found(ROMEO, '', {})).toEqual([]);
    });

    test('finds nothing of what has been taken back [XEP-0424 5]', async () => {
      exchange('a rose');
      await found(ROMEO, 'rose');
      exchange('another rose');
      for (const reference of ['a rose', 'another rose']) {
        const named = { peer: JULIET, sender: JULIET, reference };
        const tombstone = `<message xmlns='jabber:client' id='${reference}' from='${JULIET}/a' to='${ROMEO}'/>`;
        expect(await storage.archive.retract(ROMEO, named, () => tombstone)).toBe(true);
      }
      expect(await found(ROMEO, 'rose')).toEqual([]);
      expect(await found(JULIET, 'rose')).toEqual([]);
    });

    test('finds nothing while no domain has it, and all again when one has', async () => {
      for (const body of ['a rose', 'any rose', 'the rose']) exchange(body);
      expect(await found(ROMEO, 'rose')).toEqual(['a rose', 'any rose', 'the rose']);
      storage.archive.keepIndex('localhost', false);
      expect(await found(ROMEO, 'rose')).toEqual([]);
      expect(await storage.archive.search(ROMEO, { text: 'rose', limit: 5 })).toEqual([]);
      exchange('another rose');
      await storage.archive.prune(JULIET, { before: null, keep: 1 });
      await storage.archive.prune(ROMEO, { before: null, keep: 2 });
      storage.archive.keepIndex('example.org', true);
      expect(await found(ROMEO, 'rose')).toEqual(['the rose', 'another rose']);
      expect(await found(JULIET, 'rose')).toEqual(['another rose']);
      storage.archive.keepIndex('localhost', true);
      storage.archive.keepIndex('example.org', false);
      expect(await found(ROMEO, 'rose')).toEqual(['the rose', 'another rose']);
    });

    test('finds nothing of what has been removed', async () => {
      exchange('a rose');
      exchange('another rose');
      await found(ROMEO, 'rose');
      await storage.archive.prune(ROMEO, { before: null, keep: 1 });
      expect(await found(ROMEO, 'rose')).toEqual(['another rose']);
      expect(await found(JULIET, 'rose')).toEqual(['a rose', 'another rose']);
      await storage.archive.prune(JULIET, { before: null, keep: 0 });
      await storage.archive.prune(ROMEO, { before: null, keep: 0 });
      expect(await found(ROMEO, 'rose')).toEqual([]);
    });

    test('is none the account’s that has got the name of a deleted one', async () => {
      exchange('a rose');
      await found(JULIET, 'rose');
      await storage.durability.whenCommitted(storage.users.delete(JULIET, 0));
      await storage.users.create(user(JULIET), []);
      expect(await found(JULIET, 'rose')).toEqual([]);
      expect(await found(ROMEO, 'rose')).toEqual(['a rose']);
    });

    test('finds what somebody has got only later', async () => {
      const { id } = storage.archive.append(ROMEO, said(JULIET, ROMEO, 'a rose'));
      expect(await found(JULIET, 'rose')).toEqual([]);
      storage.archive.share(JULIET, id, { peer: ROMEO, counts: 'neither' });
      expect(await found(JULIET, 'rose')).toEqual(['a rose']);
      expect(await found(ROMEO, 'rose')).toEqual(['a rose']);
    });

    test('has the best first where that is wanted', async () => {
      for (const body of ['a rose in a long and winding sentence', 'rose rose', 'thorns']) {
        exchange(body);
      }
      const best = await storage.archive.search(ROMEO, { text: 'rose', limit: 1 });
      expect(best).toMatchObject([{ stanza: expect.stringContaining('rose rose') }]);
      const search = { text: 'rose', with: NURSE, limit: 10 };
      expect(await storage.archive.search(ROMEO, search)).toEqual([]);
    });
  });
}
