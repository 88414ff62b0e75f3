import type { RosterItemRecord, Storage } from '../../src/storage/ports.ts';

/** A contact in a roster, subscribed both ways. */
export function mutualContact(contact: string): RosterItemRecord {
  return {
    contact,
    name: null,
    subscription: 'both',
    isAsking: false,
    isPreApproved: false,
    groups: [],
    isListed: true,
    request: null,
    version: Date.now(),
  };
}

/** Fills an account's roster; resolves once that is on disk. */
export async function putContacts(
  storage: Storage,
  owner: string,
  contacts: readonly string[],
): Promise<void> {
  for (const contact of contacts) storage.rosters.put(owner, mutualContact(contact));
  await storage.durability.whenCommitted(storage.durability.latest);
}
