import { createHmac } from 'node:crypto';
import { type Client, PASSWORD } from './client.ts';

const SASL2 = 'urn:xmpp:sasl:2';
export const FAST = 'urn:xmpp:fast:0';
export const NONE = 'HT-SHA-256-NONE';
export const PHONE = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
export const LAPTOP = '9bd51a34-6b5c-4ea0-a43e-5a1d3f5a2a61';

/** What a client was given. */
export interface Given {
  readonly token: string;
  readonly expiry: string;
}

interface Manner {
  /** The id of its installation. */
  readonly agent?: string;
  readonly username?: string;
  /** Whether it asks for a token. */
  readonly asks?: boolean;
  /** More attributes of `<fast/>`. */
  readonly attributes?: string;
}

/** Signs in by the password, and asks for a token unless told otherwise. Returns it. */
export async function getsToken(client: Client, manner: Manner = {}): Promise<Given> {
  const { username = client.username, asks = true } = manner;
  const plain = Buffer.from(`\0${username}\0${PASSWORD}`);
  const given = await authenticates(client, 'PLAIN', plain, '', { ...manner, asks });
  if (typeof given !== 'object' || given === null) throw new Error(`no token but ${given}`);
  return given;
}

/** Signs in by a token: what else it was given, null for nothing, or why it was refused. */
export function comesBack(
  client: Client,
  { token }: Pick<Given, 'token'>,
  manner: Manner = {},
): Promise<Given | string | null> {
  const { username = client.username, attributes = '' } = manner;
  const hash = createHmac('sha256', token).update('Initiator').digest();
  const message = Buffer.concat([Buffer.from(`${username}\0`), hash]);
  const shown = `<fast xmlns='${FAST}' ${attributes}/>`;
  return authenticates(client, NONE, message, shown, manner);
}

/** One attempt, which ends where it has led to. */
async function authenticates(
  client: Client,
  mechanism: string,
  message: Buffer,
  more: string,
  { agent = PHONE, asks = false }: Manner,
): Promise<Given | string | null> {
  const content = [
    `<initial-response>${message.toString('base64')}</initial-response>`,
    `<user-agent id='${agent}'><software>Test</software></user-agent>`,
    asks ? `<request-token xmlns='${FAST}' mechanism='${NONE}'/>` : '',
    more,
  ].join('');
  await client.connectsSecurely();
  await client.sends`<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${content}</authenticate>`;
  const answer = await client.getsEither`<success xmlns='${SASL2}'/><failure xmlns='${SASL2}'/>`;
  const failure = answer.is('failure') ? answer.getChildElements()[0]!.getName() : null;
  if (failure === null) {
    await client.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
  }
  await client.vanishes();
  const given = answer.getChild('token', FAST);
  return failure ?? (given ? (given.attrs as Given) : null);
}
