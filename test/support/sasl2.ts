import { type Client, PASSWORD } from './client.ts';
import { anything } from './template.ts';

/** How a client signs in with SASL2 and Bind 2. */
export interface Sasl2Manner {
  /** The id of its installation. */
  readonly agent?: string;
  readonly tag?: string;
  /** What it wants turned on. */
  readonly features?: string;
  /** What it is told as it is bound. */
  readonly bound?: string;
}

/** Signs in and is bound, in one go (XEP-0388, XEP-0386). Returns the full JID. */
export async function signsInAtOnce(client: Client, manner: Sasl2Manner = {}): Promise<string> {
  const { agent, tag, features = '', bound = '' } = manner;
  const initial = Buffer.from(`\0${client.username}\0${PASSWORD}`).toString('base64');
  const content = [
    `<initial-response>${initial}</initial-response>`,
    agent === undefined ? '' : `<user-agent id='${agent}'/>`,
    `<bind xmlns='urn:xmpp:bind:0'>${tag === undefined ? '' : `<tag>${tag}</tag>`}${features}</bind>`,
  ].join('');
  await client.connectsSecurely();
  await client.sends`<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>${content}</authenticate>`;
  const success = await client.gets`
    <success xmlns='urn:xmpp:sasl:2'>
      <authorization-identifier>${anything}</authorization-identifier>
      <bound xmlns='urn:xmpp:bind:0'>${bound}</bound>
    </success>`;
  const jid = success.getChildText('authorization-identifier')!;
  await client.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
  return jid;
}
