import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog as log } from '../../src/lib/log.ts';
import type { RosterRecord, Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { item, ROMEO, user } from '../contracts/records.ts';

/** The contacts, and when each item last changed. */
type Items = Map<string, number>;

/** A roster as some client remembers it. */
interface Memory {
  readonly version: number;
  readonly items: Items;
}

// Removals mostly, since only more than a hundred of them make the floor rise.
const step = fc.record({
  what: fc.oneof(
    { arbitrary: fc.constant('remove' as const), weight: 800 },
    { arbitrary: fc.constant('put' as const), weight: 400 },
    { arbitrary: fc.constant('recreate' as const), weight: 1 },
  ),
  contact: fc.nat(199).map((n) => `c${n}@x.example`),
  pause: fc.integer({ min: 1, max: 3 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Does the step to the store and to the items that there are then. */
async function take(storage: Storage, items: Items, step: Step, version: number): Promise<void> {
  const { what, contact } = step;
  if (what === 'put') {
    storage.rosters.put(ROMEO, item(contact, { version }));
    items.set(contact, version);
  }
  if (what === 'remove') {
    storage.rosters.remove(ROMEO, { contact, version });
    items.delete(contact);
  }
  if (what === 'recreate') {
    storage.users.delete(ROMEO, 0);
    await storage.users.create(user(ROMEO, { created: version }), []);
    items.clear();
  }
}

/** What comes of a remembered roster by the changes that the store knows since. */
function broughtUpToDate({ version, items }: Memory, known: RosterRecord): Items {
  const put = known.items.map((one) => ({ ...one, isThere: true }));
  const removed = known.removals.map((one) => ({ ...one, isThere: false }));
  const changed = [...put, ...removed]
    .filter((change) => change.version > version)
    .sort((one, other) => one.version - other.version);
  const result = new Map(items);
  for (const change of changed) {
    if (change.isThere) result.set(change.contact, change.version);
    else result.delete(change.contact);
  }
  return result;
}

test('whoever knows a roster not older than the floor gets to the one of today by the changes [RFC6121 2.6.3]', async () => {
  const steps = fc.array(step, { minLength: 200, maxLength: 400, size: 'max' });
  let mostRemovals = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const storage = await openStorage({ memory: true, log });
      await storage.users.create(user(ROMEO), []);
      const memories: Memory[] = [];
      const items: Items = new Map();
      let version = 1;
      for (const one of taken) {
        version += one.pause;
        await take(storage, items, one, version);
        memories.push({ version, items: new Map(items) });
      }
      const known = await storage.rosters.load(ROMEO);
      for (const memory of memories.filter((one) => one.version >= known.floor)) {
        expect(broughtUpToDate(memory, known)).toEqual(items);
      }
      mostRemovals = Math.max(mostRemovals, known.removals.length);
      await storage.close();
    }),
    // Until then a failure may have become a short one.
    { numRuns: 20, interruptAfterTimeLimit: 20_000 },
  );
  // Else the floor never rose for removals.
  expect(mostRemovals).toBe(100);
}, 30_000);
