import { clientFinal, encode, readServerFirst } from '../security/support/scram.ts';
import type { Client } from './client.ts';
import { anything, nothing } from './template.ts';

export const REGISTER = 'jabber:iq:register';
export const FORM = 'jabber:x:data';
const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What XEP-0077 has had from the first. */
export const credentials = (username: string, password: string) =>
  `<query xmlns='${REGISTER}'><username>${username}</username><password>${password}</password></query>`;

/** The same as a form (XEP-0077 §4). */
export const submission = (username: string, password: string, formType = REGISTER) =>
  `<query xmlns='${REGISTER}'><x xmlns='${FORM}' type='submit'>
    <field type='hidden' var='FORM_TYPE'><value>${formType}</value></field>
    <field type='text-single' var='username'><value>${username}</value></field>
    <field type='text-private' var='password'><value>${password}</value></field>
  </x></query>`;

/** Asks for it with id r, as the answers below have it. */
export async function sets(client: Client, query: string, to = ''): Promise<void> {
  await client.sends`<iq type='set' id='r' ${to && `to='${to}'`}>${query}</iq>`;
}

export async function getsResult(client: Client): Promise<void> {
  await client.gets`<iq type='result' id='r'>${nothing}</iq>`;
}

export async function getsError(client: Client, condition: string, type: string): Promise<void> {
  const error = `<error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>`;
  await client.gets`<iq type='error' id='r'>${error}</iq>`;
}

/** Connects, with nothing left to do but to sign up or in. */
export async function arrives(stranger: Client): Promise<void> {
  await stranger.connects();
  await stranger.opensStream();
  await stranger.gets`<stream:features/>`;
}

/** The end of a stream that has just signed up: authentication and binding. */
export async function comesIn(client: Client, username: string, password: string): Promise<void> {
  await authenticates(client, username, password);
  await client.gets`<success xmlns='${SASL}'/>`;
  await binds(client, username);
}

/** The resource `new`, after authentication. */
export async function binds(client: Client, username: string): Promise<void> {
  await client.opensStream();
  await client.gets`<stream:features><bind xmlns='${BIND}'/></stream:features>`;
  await client.sends`<iq type='set' id='b'><bind xmlns='${BIND}'><resource>new</resource></bind></iq>`;
  await client.gets`
    <iq type='result' id='b'>
      <bind xmlns='${BIND}'><jid>${username}@localhost/new</jid></bind>
    </iq>`;
}

/** Authenticates with SCRAM, where the password itself does not cross the stream. */
export async function provesItself(
  client: Client,
  username: string,
  password: string,
): Promise<void> {
  const firstBare = `n=${username},r=nonce`;
  await client.sends`
    <auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>${encode(`n,,${firstBare}`)}</auth>`;
  const challenge = await client.gets`<challenge xmlns='${SASL}'>${anything}</challenge>`;
  const server = readServerFirst(challenge.getText());
  const final = clientFinal({ hash: 'sha1', password, firstBare, server });
  await client.sends`<response xmlns='${SASL}'>${encode(final)}</response>`;
  await client.gets`<success xmlns='${SASL}'>${anything}</success>`;
}

async function authenticates(client: Client, username: string, password: string): Promise<void> {
  const initial = Buffer.from(`\0${username}\0${password}`).toString('base64');
  await client.sends`<auth xmlns='${SASL}' mechanism='PLAIN'>${initial}</auth>`;
}

/** Whether that is the account's password. */
export async function isLetIn(
  client: Client,
  username: string,
  password: string,
): Promise<boolean> {
  await arrives(client);
  await client.secures();
  await authenticates(client, username, password);
  const { name } = await client.getsEither`<success xmlns='${SASL}'/><failure xmlns='${SASL}'/>`;
  await client.vanishes();
  return name === 'success';
}
