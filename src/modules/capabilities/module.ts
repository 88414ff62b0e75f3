import { OncePer } from '../../lib/once-per.ts';
import { event, service, slot } from '../../lib/token.ts';
import { SessionEnded, SessionRestored, SessionResumed } from '../../server/events.ts';
import { defineModule, on, provide } from '../../server/module.ts';
import type { Session } from '../../server/session.ts';
import { advertisement } from '../../stream/feature.ts';
import { serialize } from '../../xml/element.ts';
import { announcement, NS_CAPABILITIES, verOf } from '../../xmpp/capabilities.ts';
import type { DiscoInfo } from '../../xmpp/disco-info.ts';
import { Disco } from '../disco.ts';
import { readAnnounced } from './announced.ts';
import type { Capabilities } from './answer.ts';
import { Inquiries } from './inquiries.ts';

/**
 * The URI that names this program (XEP-0115 §4). It has to be the same for ever;
 * the project has no site of its own, and names under .example are nobody's
 * (RFC 2606 §3).
 */
const NODE = 'https://epode.example';
/** The one that everybody can check (XEP-0115 §9.1). */
const HASH = 'sha-1';

/** What is known of the clients that are signed in here. */
export interface ClientCapabilities {
  /** Null while it is not known what the session's client can do. */
  of(session: Session): Capabilities | null;
}

export const ClientCapabilities = service<ClientCapabilities>('client capabilities');

/** It is known what the client can do, or it can do something else than before. */
export const CapabilitiesKnown = event<{
  readonly session: Session;
  readonly capabilities: Capabilities;
}>('capabilities known');

/** What clients have told outlives a change of settings. */
const Known = slot<Inquiries>('inquiries');

/** XEP-0115: says what the server can do, and finds out what clients can. */
export default defineModule({
  name: 'capabilities',
  summary: 'Tells in short what the server can do, and knows what clients can.',
  implements: [{ xep: 115, version: '1.6.0', status: 'complete' }],
  needs: [Disco],
  provides: [ClientCapabilities],
  setup({ host, clock, log, use, emit }) {
    const disco = use(Disco);
    const onKnown = (session: Session, capabilities: Capabilities) =>
      emit(CapabilitiesKnown, { session, capabilities });
    const inquiries = host.kept(Known, () => new Inquiries({ clock, log, onKnown }));

    const vers = new OncePer<
      DiscoInfo,
      { readonly ver: string | null; readonly offer: string | null }
    >();
    /** Null where what the modules say together cannot be hashed. */
    const own = () => {
      const info = disco.info('host');
      return vers.get(info, '', () => {
        const ver = verOf(info, HASH);
        const told = ver === null ? null : announcement.encode({ hash: HASH, node: NODE, ver });
        return { ver, offer: told && serialize(told) };
      });
    };
    const stop = disco.addToHost({
      info(node) {
        const { ver } = own();
        return ver !== null && node === `${NODE}#${ver}` ? disco.info('host') : null;
      },
    });

    /** XEP-0115 §6.3. */
    const streamFeature = advertisement({ name: 'capabilities', offer: () => own().offer });

    return {
      provides: [provide(ClientCapabilities, inquiries)],
      stop,
      features: { host: [NS_CAPABILITIES] },
      streamFeatures: [streamFeature],
      on: [
        on(SessionEnded, ({ session }) => inquiries.end(session)),
        on(SessionRestored, ({ session }) => inquiries.adopt(session)),
        on(SessionResumed, ({ session }) => inquiries.resume(session)),
      ],
      flows: {
        outgoing: {
          presence: {
            copy(stanza, { session }) {
              if (stanza.to) return;
              if (stanza.type === 'unavailable') inquiries.withdraw(session);
              const announced = stanza.type === '' ? readAnnounced(stanza) : null;
              if (announced) inquiries.announce(session, announced);
            },
          },
        },
      },
    };
  },
});
