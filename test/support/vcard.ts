import { createHash } from 'node:crypto';
import type { Client } from './client.ts';
import { nothing } from './template.ts';

export const UPDATE = 'vcard-temp:x:update';

export const PNG = Buffer.from('\x89PNG\r\n\x1a\nfirst picture', 'latin1');
export const OTHER_PNG = Buffer.from('\x89PNG\r\n\x1a\nsecond picture', 'latin1');

export const hashOf = (photo: Buffer) => createHash('sha1').update(photo).digest('hex');

/** A card with a picture, or with a text in its place. */
export function cardWith(photo: Buffer | string, more = ''): string {
  const binval = typeof photo === 'string' ? photo : photo.toString('base64');
  return `<vCard xmlns='vcard-temp'>${more}<PHOTO><TYPE>image/png</TYPE><BINVAL>${binval}</BINVAL></PHOTO></vCard>`;
}

/** What presence says of a picture; '' stands for none. */
export const update = (hash: string) =>
  `<x xmlns='${UPDATE}'><photo>${hash || nothing}</photo></x>`;

/** Sets the card; an available client sees itself with another picture then, '' for none. */
export async function setsCard(client: Client, card: string, ...hashes: string[]): Promise<void> {
  await client.sends`<iq type='set' id='set'>${card}</iq>`;
  const shown = hashes.map((hash) => `<presence from='${client}'>${update(hash)}</presence>`);
  await client.getsInAnyOrder`
    <iq type='result' id='set' to='${client}'>${nothing}</iq>${shown.join('')}`;
}
