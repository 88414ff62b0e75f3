import type { LineClient } from '../support/line-client.ts';
import type { Party } from './library.ts';
import { CARD, PHOTO_HASH } from './vcard.ts';

/** XEP-0054 §3 and XEP-0153 §3: sets a vCard, reads it, and others read it and see its photo. */
export async function exchangeVcards(a: Party, b: Party): Promise<void> {
  const alice = a.account.address;
  await a.client.ask({ do: 'vcard-set', ...CARD });
  await holds(a.client, alice);
  await b.client.sees('presence', { sender: alice, type: 'available', photo: PHOTO_HASH });
  await holds(b.client, alice);
}

async function holds(client: LineClient, address: string): Promise<void> {
  const { name, photo } = await client.vcard(address);
  if (name === CARD.name && photo === CARD.photo) return;
  throw new Error(`${client.name} reads ${JSON.stringify({ name, photo })}`);
}
