import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import { defineModule, type IqRequest } from '../../server/module.ts';
import { Session } from '../../server/session.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { differences, type ServiceChange } from './changes.ts';
import {
  decodeCredentialsRequest,
  encodeCredentials,
  encodeServices,
  NS_EXTERNAL_SERVICES,
  type ToldService,
  type WantedService,
} from './codec.ts';
import { aliasOf, makeCredentials } from './credentials.ts';
import { type ExternalService, servicesOf, settings, TYPES } from './settings.ts';

const KEY_BYTES = 32;

/** The services that clients are told of, by whichever settings were taken last. */
const Listed = slot<{ services: readonly ExternalService[] }>('external services');
/** Types that a session has asked for; '' for all of them. */
const Asked = slot<Set<string>>('types of external services asked for');

/**
 * XEP-0215: where clients find STUN and TURN servers for their calls, and what they sign in
 * with there. Credentials are for this host's own users.
 */
export default defineModule({
  name: 'external-services',
  summary: 'Tells clients of STUN and TURN servers for calls, with credentials for them.',
  implements: [{ xep: 215, version: '1.0.0', status: 'complete' }],
  config: settings,
  setup({ config, host, storage, clock, log }) {
    const services = servicesOf(config);
    const listed = host.kept(Listed, () => ({ services }));
    const before = listed.services;
    listed.services = services;

    /** Those of this host, but for guests, whom nobody knows. */
    const mayUse = (session: Session | null): session is Session =>
      session?.host === host && (config.guests || host.kind === 'accounts');

    /** The services as the session is told of them, with credentials where it may have them. */
    const tell = (
      changes: readonly ServiceChange[],
      session: Session | null,
      isWanted: (service: ExternalService) => boolean,
    ): Maybe<ToldService[]> => {
      const plain = changes.map((each): ToldService => ({ ...each, credentials: null }));
      if (!mayUse(session) || !changes.some(({ service }) => isWanted(service))) return plain;
      const { owner } = session.account;
      return then(storage.secret('external services', KEY_BYTES), (key) =>
        plain.map((each) =>
          isWanted(each.service) && each.action !== 'delete'
            ? withCredentials(each, key, owner)
            : each,
        ),
      );
    };

    const withCredentials = (told: ToldService, key: Buffer, owner: string): ToldService => {
      const { access } = told.service;
      if (!access) return told;
      if (access.kind === 'shared-secret') host.traffic.credentials++;
      const alias = (expires: number) => aliasOf(key, owner, expires);
      return { ...told, credentials: makeCredentials(access, clock.now(), alias) };
    };

    /** §3.1, §3.2. */
    const list = ({ payload, stanza, session }: IqRequest): Maybe<Element> => {
      const type = payload.attrs.type ?? null;
      const found = ofType(
        services.map((service) => ({ service })),
        type,
      );
      if (session?.host === host) noteAsked(session, type);
      const { lang } = stanza;
      return then(tell(found, session, isOpen), (told) => encodeServices(told, { type, lang }));
    };

    /** §3.3. */
    const giveCredentials = ({ payload, stanza, session }: IqRequest): Maybe<Element> => {
      const wanted = decodeCredentialsRequest(payload);
      if (!mayUse(session)) throw new StanzaError('forbidden', 'credentials are for own users');
      const found = services.filter((each) => each.access && isMeant(each, wanted));
      if (found.length === 0) throw new StanzaError('item-not-found', 'there is no such service');
      const changes = found.map((service) => ({ service }));
      return then(
        tell(changes, session, () => true),
        (told) => encodeCredentials(told, stanza.lang),
      );
    };

    /** §3.2: whoever has asked hears what has changed since. */
    const push = (): void => {
      const changes = differences(services, listed.services);
      if (changes.length === 0) return;
      for (const entry of host.directory.local()) {
        if (!(entry instanceof Session) || entry.host !== host) continue;
        for (const type of entry.get(Asked) ?? []) pushTo(entry, changes, type || null);
      }
    };

    const pushTo = (session: Session, changes: readonly ServiceChange[], type: string | null) => {
      const concerned = ofType(changes, type);
      if (concerned.length === 0) return;
      const told = tell(concerned, session, isOpen);
      const sent = then(told, (all) => {
        void session.ask(encodeServices(all, { type, lang: '' }), 'set');
      });
      if (isLater(sent)) sent.catch((error) => log.error({ err: error }, 'a push failed'));
    };

    const request = { type: 'get', xmlns: NS_EXTERNAL_SERVICES, target: 'host' } as const;
    return {
      features: { host: [NS_EXTERNAL_SERVICES] },
      iq: [
        { ...request, name: 'services', answer: list },
        { ...request, name: 'credentials', answer: giveCredentials },
      ],
      stop() {
        // Not in place any more, since others are; or never, since those were discarded.
        if (listed.services === services) listed.services = before;
        else push();
      },
    };
  },
});

/** Whether credentials come along with the list. */
function isOpen({ isRestricted }: ExternalService): boolean {
  return !isRestricted;
}

function isMeant({ type, host, port }: ExternalService, wanted: WantedService): boolean {
  const isThere = type === wanted.type && host.toLowerCase() === wanted.host.toLowerCase();
  return isThere && (wanted.port === null || wanted.port === port);
}

function ofType<T extends ServiceChange>(all: readonly T[], type: string | null): readonly T[] {
  return type === null ? all : all.filter(({ service }) => service.type === type);
}

function noteAsked(session: Session, type: string | null): void {
  const isKnown = type === null || TYPES.some((each) => each === type);
  if (isKnown) session.kept(Asked, () => new Set()).add(type ?? '');
}
