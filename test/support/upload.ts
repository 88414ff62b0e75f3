import { setImmediate } from 'node:timers/promises';
import type { Element } from 'ltx';
import type { Client } from './client.ts';
import type { TestServer } from './server.ts';
import { anything } from './template.ts';

export const UPLOAD = 'urn:xmpp:http:upload:0';
export const PURPOSE = 'urn:xmpp:http:upload:purpose:0';

/** What a client says of the file that it wants a slot for. */
export interface WantedSlot {
  readonly name?: string;
  readonly size?: number;
  readonly type?: string;
  /** Children of the request, as text. */
  readonly purpose?: string;
}

export interface SlotUrls {
  readonly put: string;
  readonly get: string;
}

/** A request for a slot, as text. */
export function slotRequest(wanted: WantedSlot = {}): string {
  const { name = 'a rose.png', size = 5, type = 'image/png', purpose = '' } = wanted;
  const typed = type === '' ? '' : ` content-type='${type}'`;
  return `<request xmlns='${UPLOAD}' filename='${name}' size='${size}'${typed}>${purpose}</request>`;
}

/** Asks for a slot, and gets it. */
export async function askForSlot(client: Client, wanted: WantedSlot = {}): Promise<SlotUrls> {
  await client.sends`<iq type='get' id='slot' to='upload.localhost'>${slotRequest(wanted)}</iq>`;
  const iq = await client.gets`
    <iq type='result' id='slot' from='upload.localhost'>
      <slot xmlns='${UPLOAD}'><put url='${anything}'/><get url='${anything}'/></slot>
    </iq>`;
  return urlsIn(iq);
}

function urlsIn(iq: Element): SlotUrls {
  const slot = iq.getChild('slot', UPLOAD)!;
  const url = (name: string) => slot.getChild(name)!.attrs.url as string;
  return { put: url('put'), get: url('get') };
}

/** Connections that wait for the next request end where a test moves the clock. */
const ALONE = { Connection: 'close' };

const LATEST = Number.MAX_SAFE_INTEGER;

/** Gets what is there. */
export async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, { headers: { ...ALONE, ...headers } });
}

/** Puts a file there, with the type of a picture unless told otherwise. */
export async function put(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const usual = { 'Content-Type': 'image/png', ...ALONE };
  return await fetch(url, { method: 'PUT', body, headers: { ...usual, ...headers } });
}

/** Uploads a file; returns the URL at which it is. */
export async function upload(
  client: Client,
  body: string,
  wanted: WantedSlot = {},
): Promise<string> {
  const { type = 'image/png' } = wanted;
  const slot = await askForSlot(client, { ...wanted, size: Buffer.byteLength(body) });
  const response = await put(slot.put, body, { 'Content-Type': type || 'image/png' });
  if (response.status !== 201) throw new Error(`the upload was answered with ${response.status}`);
  return slot.get;
}

/** Time goes by while nobody is there: of those who are, the server asks whether they still are. */
export async function goesBy(
  server: TestServer,
  time: number,
  ...clients: Client[]
): Promise<void> {
  for (const client of clients) await client.leaves();
  await server.idle();
  server.clock.advance(time);
  await server.idle();
  for (const client of clients) await client.signsIn({ quietly: true });
}

/** What names the file in its URLs, and its bytes in the store. */
export function idOf(url: string): string {
  return /upload\/(\w+)/.exec(url)![1]!;
}

/** Waits for what the server does where nobody sees it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setImmediate();
}

/** Waits until neither bytes are kept, nor anything is known of a file that is past its time. */
export async function isRemoved({ storage }: TestServer, url: string): Promise<void> {
  await until(async () => (await storage.uploads.due('localhost', LATEST, 1)).length === 0);
  const bytes = await storage.blobs.read(idOf(url));
  if (bytes) throw new Error(`the bytes of ${url} are still there`);
}
