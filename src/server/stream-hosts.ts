import type { SecureContext } from 'node:tls';
import { type Maybe, then } from '../lib/maybe.ts';
import type { AccountSource } from '../sources/ports.ts';
import type { Storage } from '../storage/ports.ts';
import type { StreamFeature } from '../stream/feature.ts';
import type { InlineFeature, SessionFeature } from '../stream/inline.ts';
import type {
  BindRequest,
  Credentials,
  ImportedCredentials,
  ScramHash,
  SessionWire,
  StreamHost,
  StreamHosts,
  StreamPolicy,
} from '../stream/ports.ts';
import { Jid } from '../xmpp/jid.ts';
import { isBcrypt } from './imported-passwords.ts';
import { Resources } from './resources.ts';
import type { ServedHost } from './server.ts';
import type { Session } from './session.ts';
import { ServedTokens } from './tokens.ts';

/** What a host's streams need besides the host itself. */
export interface StreamSettings {
  readonly policy: StreamPolicy;
  readonly secureContext: SecureContext | null;
  readonly saltSecret: Buffer;
}

/** A served host as its streams see it: who may sign in, and how. */
export class ServedStreamHost implements StreamHost {
  readonly domain: string;
  readonly hasAccounts = true;
  readonly secureContext: SecureContext | null;
  readonly saltSecret: Buffer;
  readonly verify?: NonNullable<StreamHost['verify']>;
  readonly verifyToken?: NonNullable<StreamHost['verifyToken']>;
  readonly tokens: ServedTokens | null;
  readonly #policy: StreamPolicy;
  readonly #served: ServedHost;
  readonly #resources: Resources;
  readonly #storage: Storage;
  readonly #now: () => number;

  constructor(
    served: ServedHost,
    settings: StreamSettings,
    deps: { storage: Storage; now: () => number },
  ) {
    this.domain = served.host.domain;
    const { source, foreign } = served;
    const mechanisms = settings.policy.mechanisms.filter((name) => canServe(source, name));
    this.#policy = { ...settings.policy, mechanisms };
    if (foreign && source.verify) this.verify = foreign.verify.bind(foreign);
    if (foreign && source.verifyToken) this.verifyToken = foreign.verifyToken.bind(foreign);
    this.secureContext = settings.secureContext;
    this.saltSecret = settings.saltSecret;
    this.#served = served;
    this.#resources = new Resources(settings.saltSecret);
    this.#storage = deps.storage;
    this.#now = deps.now;
    this.tokens = this.#makeTokens();
  }

  /** To accounts that are kept elsewhere, only where it can be asked whether they still are. */
  #makeTokens(): ServedTokens | null {
    const { foreign, source } = this.#served;
    const rules = this.#policy.tokens;
    if (!rules || (foreign && !source.exists)) return null;
    return new ServedTokens(this.domain, rules, {
      storage: this.#storage,
      now: this.#now,
      foreign,
    });
  }

  get features(): readonly StreamFeature[] {
    return this.#served.modules.streamFeatures;
  }

  get inlineFeatures(): readonly InlineFeature[] {
    return this.#served.modules.inlineFeatures;
  }

  get sessionFeatures(): readonly SessionFeature[] {
    return this.#served.modules.sessionFeatures;
  }

  /** Mechanisms are fewer while there are accounts that they do not suit. */
  get policy(): StreamPolicy {
    const { keeper, foreign } = this.#served;
    if (foreign || !keeper.imported.isAny) return this.#policy;
    return { ...this.#policy, mechanisms: keeper.imported.suitable(this.#policy.mechanisms) };
  }

  get decoyBcrypt(): string | null {
    return this.#served.foreign ? null : this.#served.keeper.imported.decoy;
  }

  get upgrades(): readonly ScramHash[] {
    const { foreign, keeper } = this.#served;
    return foreign ? [] : keeper.imported.upgrades(this.#policy.mechanisms);
  }

  credentials(username: string, hash?: ScramHash): Maybe<Credentials | null> {
    const { foreign, source } = this.#served;
    if (foreign) return foreign.credentials(username);
    const { users } = this.#storage;
    const owner = this.#owner(username);
    return then(users.find(owner), (user) => {
      if (!user) return null;
      const { isDisabled, imported } = user;
      const more = imported === null ? {} : { imported: this.#imported(username, imported) };
      const found = source.scramKeys?.(username, hash) ?? [];
      return then(found, (keys) => ({ username, scram: keys ?? [], isDisabled, ...more }));
    });
  }

  #imported(username: string, imported: string): ImportedCredentials {
    return {
      bcrypt: isBcrypt(imported) ? imported : null,
      upgrade: (password) => this.#served.keeper.upgrade(username, imported, password),
      addKeys: (keys) => this.#served.keeper.addKeys(username, imported, keys),
    };
  }

  bind(username: string, request: BindRequest, wire: SessionWire): Maybe<Session> {
    const { userAgent } = request;
    const resource = request.resource || this.#resources.choose(username, request);
    const { binder } = this.#served;
    const session = then(this.#admit(username), () =>
      binder.bind(username, resource, wire, userAgent),
    );
    return then(session, (session) => {
      this.#storage.users.noteLogin(this.#owner(username), this.#now());
      return session;
    });
  }

  /** Makes the account of somebody who has signed in and is not among those kept here. */
  #admit(username: string): Maybe<void> {
    const { foreign, keeper } = this.#served;
    if (foreign) return foreign.admit(username);
    return this.#isAnonymous ? keeper.admit(username) : undefined;
  }

  get #isAnonymous(): boolean {
    return this.#served.host.kind === 'anonymous';
  }

  #owner(username: string): string {
    return Jid.of(username, this.domain).toString();
  }
}

/** A mechanism follows from what the source can do; one that asks it nothing, goes with any. */
function canServe(source: AccountSource, mechanism: string): boolean {
  const { scramKeys, verify, verifyToken } = source;
  if (mechanism.startsWith('SCRAM-')) return scramKeys !== undefined;
  if (mechanism === 'PLAIN') return (verify ?? scramKeys) !== undefined;
  return mechanism === 'OAUTHBEARER' ? verifyToken !== undefined : true;
}

/** All hosts of this process, by domain. */
export class ServedStreamHosts implements StreamHosts {
  readonly defaultDomain: string;
  #hosts: ReadonlyMap<string, StreamHost>;

  /** At least one; the first is the default. */
  constructor(hosts: readonly StreamHost[]) {
    this.defaultDomain = hosts[0]!.domain;
    this.#hosts = byDomain(hosts);
  }

  /** Puts the same hosts with other settings in place; streams that have found theirs keep it. */
  replace(hosts: readonly StreamHost[]): void {
    this.#hosts = byDomain(hosts);
  }

  find(domain: string): StreamHost | null {
    return this.#hosts.get(domain) ?? null;
  }

  /** The certificate for a name in a TLS handshake; the default host's for no name. */
  readonly secureContextFor = (domain: string): SecureContext | null =>
    this.find(domain || this.defaultDomain)?.secureContext ?? null;
}

function byDomain(hosts: readonly StreamHost[]): ReadonlyMap<string, StreamHost> {
  return new Map(hosts.map((host) => [host.domain, host]));
}
