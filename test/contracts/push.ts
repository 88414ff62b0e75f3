import { describe, expect, test } from '@jest/globals';
import { JULIET, ROMEO, user } from './records.ts';
import type { CurrentStorage } from './storage.ts';

/** Where accounts want push notifications to go. */
export function pushContract(current: CurrentStorage): void {
  describe('push registrations', () => {
    const at = (service: string, node: string, options: string | null = null) => ({
      service,
      node,
      options,
    });

    test('are loaded by service and node, each once, with the newest options', async () => {
      const { push } = current();
      push.put(ROMEO, at('b.example', ''));
      push.put(ROMEO, at('a.example', 'n', '<x>Größe 🌹</x>'));
      push.put(ROMEO, at('a.example', 'm'));
      push.put(ROMEO, at('a.example', 'm', '<x/>'));
      const all = [
        at('a.example', 'm', '<x/>'),
        at('a.example', 'n', '<x>Größe 🌹</x>'),
        at('b.example', ''),
      ];
      expect(await push.load(ROMEO)).toEqual(all);
    });

    test('are removed by node or all of a service, and nobody else’s are', async () => {
      const { push, users } = current();
      await users.create(user(JULIET), []);
      for (const owner of [ROMEO, JULIET]) {
        for (const node of ['', 'm', 'n']) push.put(owner, at('a.example', node));
        push.put(owner, at('b.example', 'n'));
      }
      push.remove(ROMEO, 'a.example', '');
      expect(await push.load(ROMEO)).toHaveLength(3);
      push.remove(ROMEO, 'a.example', null);
      expect(await push.load(ROMEO)).toEqual([at('b.example', 'n')]);
      expect(await push.load(JULIET)).toHaveLength(4);
    });

    test('go with their account, and come too late for one that is gone', async () => {
      const { push, users, durability } = current();
      push.put(ROMEO, at('a.example', 'n'));
      users.delete(ROMEO, 0);
      expect(await push.load(ROMEO)).toEqual([]);
      push.put(ROMEO, at('a.example', 'n'));
      await durability.whenCommitted(durability.latest);
      expect(await push.load(ROMEO)).toEqual([]);
      expect(durability.dropped).toBe(1);
    });
  });
}
