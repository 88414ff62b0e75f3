import { type Maybe, then } from '../lib/maybe.ts';
import { service } from '../lib/token.ts';
import type { Host } from '../server/host.ts';
import type { HostParts } from '../server/host-parts.ts';
import {
  type AccountIqHandler,
  type AccountRequest,
  defineModule,
  type HostKind,
  type Identity,
  type IqRequest,
  provide,
  type Target,
} from '../server/module.ts';
import { Element } from '../xml/element.ts';
import { type DiscoInfo, encodeDiscoInfo, NS_DISCO_INFO } from '../xmpp/disco-info.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { Rosters } from './roster/rosters.ts';

const NS_ITEMS = 'http://jabber.org/protocol/disco#items';

/** XEP-0175 §5 has a type of its own for who is anonymous. */
function ownIdentity(target: Target, kind: HostKind): Identity {
  if (target === 'host') return { category: 'server', type: 'im', name: 'Epode' };
  return { category: 'account', type: kind === 'anonymous' ? 'anonymous' : 'registered' };
}

/** XEP-0030 §4.1. */
export interface DiscoItem {
  readonly jid: Jid;
  readonly node?: string;
  readonly name?: string;
}

/** What a module tells of nodes and items, which is known only when somebody asks. */
export interface DiscoSource<R extends IqRequest> {
  /** Null for a node that is none of this module's. */
  info?(node: string, request: R): Maybe<DiscoInfo | null>;
  /** The items of a node, or of the host or account itself for the node null. Null as above. */
  items?(node: string | null, request: R): Maybe<readonly DiscoItem[] | null>;
}

/** What clients find out about hosts and accounts. */
export interface Disco {
  /** What the host, or any account, says of itself; the same object until that changes. */
  info(target: Target): DiscoInfo;
  /** The returned function, for `stop`, takes it away again. */
  addToHost(source: DiscoSource<IqRequest>): () => void;
  /** As `addToHost`; asked only in the name of those who may see the account. */
  addToAccounts(source: DiscoSource<AccountRequest>): () => void;
}

export const Disco = service<Disco>('disco');

/** XEP-0030: what hosts and accounts can do, gathered from the modules. */
export default defineModule({
  name: 'disco',
  summary: 'Tells clients what the server can do for them.',
  implements: [
    { xep: 30, version: '2.5.0', status: 'complete' },
    { xep: 128, version: '1.0.1', status: 'complete' },
  ],
  needs: [Rosters],
  provides: [Disco],
  setup({ host, use }) {
    const rosters = use(Rosters);
    const gathered = new Map<Target, { parts: HostParts; info: DiscoInfo }>();
    const services = { items: (node: string | null) => (node === null ? servicesOf(host) : null) };
    const hostSources = new Set<DiscoSource<IqRequest>>([services]);
    const accountSources = new Set<DiscoSource<AccountRequest>>();

    const info = (target: Target): DiscoInfo => {
      const { parts } = host;
      const known = gathered.get(target);
      if (known?.parts === parts) return known.info;
      const info = gather(parts, target, host.kind);
      gathered.set(target, { parts, info });
      return info;
    };

    const query = { type: 'get', name: 'query' } as const;
    const onHost = (xmlns: string, answer: (request: IqRequest) => Maybe<Element>) => ({
      ...query,
      xmlns,
      target: 'host' as const,
      answer,
    });
    /**
     * XEP-0030 §8: only those who see the account's presence; others cannot tell that it
     * exists. Of who is anonymous everybody may know just that (XEP-0175 §5).
     */
    const assertVisible = ({ account, from }: AccountRequest) =>
      host.kind === 'anonymous' ? undefined : rosters.assertVisible(account, from);

    const accountInfo: AccountIqHandler = {
      ...query,
      xmlns: NS_DISCO_INFO,
      target: 'account',
      isPrivate: false,
      answer: (request) =>
        then(assertVisible(request), () => infoFor(request, info('account'), accountSources)),
    };

    /** XEP-0030 §8: for strangers there is nothing, as there is of a name without account. */
    const accountItems: AccountIqHandler = {
      ...query,
      xmlns: NS_ITEMS,
      target: 'account',
      isPrivate: false,
      answerStrangers: (payload) => encodeItems([], payload.attrs.node),
      answer: (request) => {
        const { account, from, payload } = request;
        return then(rosters.maySee(account, from), (maySee) =>
          maySee ? itemsFor(request, accountSources) : encodeItems([], payload.attrs.node),
        );
      },
    };

    const disco: Disco = {
      info,
      addToHost: (source) => added(source, hostSources),
      addToAccounts: (source) => added(source, accountSources),
    };
    return {
      provides: [provide(Disco, disco)],
      features: { host: [NS_DISCO_INFO, NS_ITEMS], account: [NS_DISCO_INFO, NS_ITEMS] },
      iq: [
        onHost(NS_DISCO_INFO, (request) => infoFor(request, info('host'), hostSources)),
        onHost(NS_ITEMS, (request) => itemsFor(request, hostSources)),
        accountInfo,
        accountItems,
      ],
    };
  },
});

/** External components, and the modules' own where no component is in their place. */
function servicesOf({ services, parts }: Host): readonly DiscoItem[] {
  const own = parts.services.filter(({ jid }) => !services.some((each) => each.jid.equals(jid)));
  return [...services, ...own.map(({ jid, name }) => ({ jid, ...(name && { name }) }))];
}

function added<T>(source: T, sources: Set<T>): () => void {
  sources.add(source);
  return () => void sources.delete(source);
}

function gather(
  { identities, features, forms }: HostParts,
  target: Target,
  kind: HostKind,
): DiscoInfo {
  return {
    identities: [ownIdentity(target, kind), ...identities[target]],
    features: [...new Set(features[target])],
    forms: forms[target],
  };
}

/** XEP-0030 §3. */
function infoFor<R extends IqRequest>(
  request: R,
  whole: DiscoInfo,
  sources: ReadonlySet<DiscoSource<R>>,
): Maybe<Element> {
  const node = nodeOf(request);
  if (node === null) return encodeDiscoInfo(whole);
  const found = firstOf([...sources], (source) => source.info?.(node, request) ?? null);
  return then(found, (info) => encodeDiscoInfo(info ?? notFound(), node));
}

/** XEP-0030 §4. */
function itemsFor<R extends IqRequest>(
  request: R,
  sources: ReadonlySet<DiscoSource<R>>,
): Maybe<Element> {
  const node = nodeOf(request);
  const ask = (source: DiscoSource<R>) => source.items?.(node, request) ?? null;
  if (node === null) return then(allOf([...sources], ask), (items) => encodeItems(items));
  return then(firstOf([...sources], ask), (items) => encodeItems(items ?? notFound(), node));
}

function nodeOf({ payload }: IqRequest): string | null {
  return payload.attrs.node ?? null;
}

function encodeItems(items: readonly DiscoItem[], node?: string): Element {
  const query = new Element('query', { xmlns: NS_ITEMS, node });
  for (const { jid, node, name } of items) query.c('item', { jid: jid.toString(), node, name });
  return query;
}

/** XEP-0030 §7. */
function notFound(): never {
  throw new StanzaError('item-not-found');
}

/** What the first says that has anything to say. */
function firstOf<S, T>(
  sources: readonly S[],
  ask: (source: S) => Maybe<T | null>,
): Maybe<T | null> {
  const [source, ...others] = sources;
  if (source === undefined) return null;
  return then(ask(source), (found) => found ?? firstOf(others, ask));
}

function allOf<S, T>(
  sources: readonly S[],
  ask: (source: S) => Maybe<readonly T[] | null>,
): Maybe<readonly T[]> {
  const [source, ...others] = sources;
  if (source === undefined) return [];
  return then(ask(source), (own) => then(allOf(others, ask), (rest) => [...(own ?? []), ...rest]));
}
