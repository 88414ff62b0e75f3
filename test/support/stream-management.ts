import type { Client } from './client.ts';
import { PASSWORD } from './client.ts';
import { anything } from './template.ts';

export const NS_SM = 'urn:xmpp:sm:3';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What somebody says where it does not matter. */
export const BODY = '<body>Hi</body>';
/** What tells when a message came that had to wait (XEP-0203 §3). */
export const DELAY = `<delay xmlns='urn:xmpp:delay' from='localhost' stamp='${anything}'/>`;
/** Milliseconds for which a session waits unless the server is set up otherwise. */
export const HOLD = 5 * 60_000;
/** The same with `shortHold`: in a minute nobody else grows silent. */
export const SHORT_HOLD = 60_000;
export const shortHold = { modules: { 'stream-management': { hold: '1m' } } } as const;

/** What ends a stream where the server stops (RFC 6120 §4.9.3.19). */
export const SHUTDOWN = `
  <error xmlns='http://etherx.jabber.org/streams'>
    <system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
  </error>`;

export const ENABLE = `<enable xmlns='${NS_SM}' resume='true'/>`;
export const ASK = `<r xmlns='${NS_SM}'/>`;

/** What is expected where a session is not given back. */
export function failed(condition: string): string {
  return `<failed xmlns='${NS_SM}'><${condition} xmlns='${STANZA_ERRORS}'/></failed>`;
}

/** Turns stream management on; returns the id of the session. */
export async function enables(client: Client): Promise<string> {
  await client.sends`${ENABLE}`;
  const answer = await client.gets`<enabled xmlns='${NS_SM}' resume='true' id='${anything}'/>`;
  return answer.attrs.id;
}

/** Turns it on and makes itself available, as clients do; what that brings is read and acknowledged. */
export async function manages(client: Client): Promise<string> {
  const id = await enables(client);
  await client.sends`<presence/>`;
  await client.forgets();
  await acknowledges(client);
  return id;
}

/** As `manages`, while another device of the account looks on. */
export async function managesBeside(client: Client, other: Client): Promise<string> {
  const id = await manages(client);
  await other.forgets();
  return id;
}

/** Two devices of an account come, both with it, and have acknowledged all; returns their ids. */
export async function bothManage(one: Client, other: Client): Promise<[string, string]> {
  const ids: [string, string] = [await managesBeside(one, other), await managesBeside(other, one)];
  await acknowledges(one);
  return ids;
}

export function acknowledges(client: Client, h = client.stanzas): Promise<void> {
  return client.sends`<a xmlns='${NS_SM}' h='${String(h)}'/>`;
}

/** Asks how much is handled, and hears it: at once, or when it is on disk (§4). */
export async function learns(client: Client, h: number): Promise<void> {
  await client.sends`${ASK}`;
  for (let told = -1; told !== h; ) {
    const { attrs } = await client.gets`<a xmlns='${NS_SM}' h='${anything}'/>`;
    told = Number(attrs.h);
  }
}

/** Asks how much is handled; returns the last that the server has to say. */
export async function tells(client: Client): Promise<number> {
  await client.sends`${ASK}`;
  await client.settles();
  let { attrs } = await client.gets`<a xmlns='${NS_SM}'/>`;
  while (client.unread.length > 0) ({ attrs } = await client.gets`<a xmlns='${NS_SM}'/>`);
  return Number(attrs.h);
}

/** Loses its connection; returns how many stanzas it had got. */
export async function loses(client: Client): Promise<number> {
  const { stanzas } = client;
  await client.vanishes();
  return stanzas;
}

/** On a new connection, up to the answer. */
export async function asksToResume(client: Client, id: string, h: number): Promise<void> {
  await client.authenticates();
  await client.sends`<resume xmlns='${NS_SM}' previd='${id}' h='${String(h)}'/>`;
}

/** Comes back over a new connection; returns what the server has handled. */
export async function resumes(client: Client, id: string, h: number): Promise<number> {
  await asksToResume(client, id, h);
  const answer = await client.gets`<resumed xmlns='${NS_SM}' previd='${id}' h='${anything}'/>`;
  client.countsOnFrom(h);
  return Number(answer.attrs.h);
}

/** Signs in and asks for the session along with it (XEP-0388); more goes into the request. */
export async function asksToResumeAtOnce(
  client: Client,
  { id, h, more = '' }: { id: string; h: number; more?: string },
): Promise<void> {
  const initial = Buffer.from(`\0${client.username}\0${PASSWORD}`).toString('base64');
  const resume = `<resume xmlns='${NS_SM}' previd='${id}' h='${h}'/>`;
  await client.connectsSecurely();
  const content = `<initial-response>${initial}</initial-response>${resume}${more}`;
  await client.sends`<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>${content}</authenticate>`;
}
