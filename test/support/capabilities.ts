import { CapabilitiesKnown, ClientCapabilities } from '../../src/modules/capabilities/module.ts';
import { defineModule, on } from '../../src/server/module.ts';
import type { Session } from '../../src/server/session.ts';
import { parseElement, xml } from '../../src/xml/element.ts';
import { verOf } from '../../src/xmpp/capabilities.ts';
import { decodeDiscoInfo, NS_DISCO_INFO } from '../../src/xmpp/disco-info.ts';
import { makeStanza } from '../../src/xmpp/stanza.ts';
import type { Client } from './client.ts';
import type { Value } from './template.ts';

const NS_WITNESS = 'urn:example:witness';
const PROGRAM = 'https://client.example';

/**
 * A module that tells clients what the server knows of them: `<known/>` with
 * their features as soon as it does, and whenever they ask.
 */
export const witness = defineModule({
  name: 'witness',
  summary: 'Tells clients what is known of them.',
  needs: [ClientCapabilities],
  setup({ host, use }) {
    const clients = use(ClientCapabilities);
    const known = (session: Session) => {
      const capabilities = clients.of(session);
      const features = capabilities ? [...capabilities.features].join(' ') : undefined;
      return xml('known', { xmlns: NS_WITNESS, features });
    };
    return {
      iq: [
        {
          type: 'get',
          name: 'known',
          xmlns: NS_WITNESS,
          target: 'host',
          answer: ({ session }) => (session ? known(session) : null),
        },
      ],
      on: [
        on(CapabilitiesKnown, ({ session }) => {
          const envelope = { from: host.jid, to: session.jid };
          session.deliver(makeStanza('message', envelope, [known(session)]));
        }),
      ],
    };
  },
});

/** An honest answer to disco#info. */
export function pc(...features: string[]): string {
  const identity = "<identity category='client' type='pc'/>";
  return identity + features.map((feature) => `<feature var='${feature}'/>`).join('');
}

/** The `ver` of an answer. */
export function verFor(answer: string, hash = 'sha-1'): string {
  const query = parseElement(`<query xmlns='${NS_DISCO_INFO}'>${answer}</query>`);
  return verOf(decodeDiscoInfo(query), hash)!;
}

/** The client shows its presence with this `ver`, and with other attributes than usual. */
export async function announces(
  client: Client,
  ver: string,
  attributes = `hash='sha-1' node='${PROGRAM}'`,
): Promise<void> {
  const c = `<c xmlns='http://jabber.org/protocol/caps' ver='${ver}' ${attributes}/>`;
  await client.sends`<presence>${c}</presence>`;
  await client.gets`<presence from='${client}'/>`;
}

/** The server asks the client; returns the id. */
export async function isAsked(client: Client, ver: string, program = PROGRAM): Promise<string> {
  const iq = await client.gets`
    <iq type='get' from='localhost' to='${client}'>
      <query xmlns='${NS_DISCO_INFO}' node='${program}#${ver}'/>
    </iq>`;
  return iq.attrs.id;
}

export async function answers(
  client: Client,
  id: string,
  answer: string,
  to = "to='localhost'",
): Promise<void> {
  const query = `<query xmlns='${NS_DISCO_INFO}'>${answer}</query>`;
  await client.sends`<iq type='result' id='${id}' ${to}>${query}</iq>`;
}

/** The server comes to know what the client can do. */
export async function becomesKnown(client: Client, features: string): Promise<void> {
  await client.gets`
    <message from='localhost'><known xmlns='${NS_WITNESS}' features='${features}'/></message>`;
}

/** What the server knows of the client by now: features, or `nothing`. */
export async function isKnownFor(client: Client, features: Value): Promise<void> {
  await client.sends`<iq type='get' id='known' to='localhost'><known xmlns='${NS_WITNESS}'/></iq>`;
  await client.gets`
    <iq type='result' id='known'><known xmlns='${NS_WITNESS}' features='${features}'/></iq>`;
}
