import { expect } from '@jest/globals';
import type { Client } from './client.ts';
import { nothing } from './template.ts';

export const BLOCKING = 'urn:xmpp:blocking';

/** A command, or the list itself. Without addresses it only matches, and is none to be sent. */
export function list(name: 'blocklist' | 'block' | 'unblock', ...jids: readonly unknown[]): string {
  const items = jids.map((jid) => `<item jid='${jid}'/>`).join('');
  return `<${name} xmlns='${BLOCKING}'>${items || nothing}</${name}>`;
}

export async function blocks(client: Client, ...jids: readonly unknown[]): Promise<void> {
  await client.sends`<iq type='set' id='block'>${list('block', ...jids)}</iq>`;
  await client.gets`<iq type='result' id='block'>${nothing}</iq>`;
}

export async function unblocks(client: Client, ...jids: readonly unknown[]): Promise<void> {
  const command = jids.length > 0 ? list('unblock', ...jids) : `<unblock xmlns='${BLOCKING}'/>`;
  await client.sends`<iq type='set' id='unblock'>${command}</iq>`;
  await client.gets`<iq type='result' id='unblock'>${nothing}</iq>`;
}

/** Changes the list in a session that has asked for it, and is told of the change as well. */
export async function changes(client: Client, command: string): Promise<void> {
  await client.sends`<iq type='set' id='change'>${command}</iq>`;
  await client.getsInAnyOrder`
    <iq type='set' to='${client}' from='${nothing}'>${command}</iq>
    <iq type='result' id='change'>${nothing}</iq>`;
}

/** Asks for the list, which has these addresses and no others. */
export async function hasBlocked(client: Client, ...jids: readonly unknown[]): Promise<void> {
  await client.sends`<iq type='get' id='list'><blocklist xmlns='${BLOCKING}'/></iq>`;
  const iq = await client.gets`<iq type='result' id='list'><blocklist xmlns='${BLOCKING}'/></iq>`;
  const items = iq.getChild('blocklist', BLOCKING)!.getChildElements();
  expect(items.map(({ attrs }) => attrs.jid).sort()).toEqual(jids.map(String).sort());
}
