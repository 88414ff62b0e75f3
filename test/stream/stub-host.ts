import { createSecureContext } from 'node:tls';
import type { StreamFeature } from '../../src/stream/feature.ts';
import type { InlineFeature, SessionFeature } from '../../src/stream/inline.ts';
import type {
  BindRequest,
  Credentials,
  ScramHash,
  SessionWire,
  StreamHost,
  StreamHosts,
  StreamPolicy,
  StreamSession,
} from '../../src/stream/ports.ts';
import { deriveScramKeys } from '../../src/stream/sasl/scram-keys.ts';
import type { HostTokens } from '../../src/stream/token-ports.ts';
import type { Frame } from '../../src/xml/frame.ts';
import { StanzaError } from '../../src/xmpp/errors.ts';
import { Jid } from '../../src/xmpp/jid.ts';

export const BEFORE_LOGIN = {
  bytes: 10_000,
  tagBytes: 4000,
  depth: 8,
  elements: 50,
  attributes: 20,
};
export const AFTER_LOGIN = {
  bytes: 262_144,
  tagBytes: 16_384,
  depth: 64,
  elements: 10_000,
  attributes: 64,
};

const POLICY: StreamPolicy = {
  beforeLogin: BEFORE_LOGIN,
  afterLogin: AFTER_LOGIN,
  requiresTls: false,
  allowsPlainLoopback: true,
  negotiationTimeout: 60_000,
  idleTimeout: 300_000,
  maxAuthAttempts: 3,
  maxFailureDelay: 5000,
  scramIterations: 4096,
  mechanisms: ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'],
};

export const PASSWORD = 'r0m30myr0m30';

/** A host that remembers what its sessions get. */
export class StubHost implements StreamHost {
  readonly domain: string;
  readonly hasAccounts: boolean;
  readonly secureContext = createSecureContext();
  readonly saltSecret = Buffer.from('a secret of the host');
  readonly features: StreamFeature[] = [];
  readonly inlineFeatures: InlineFeature[] = [];
  readonly sessionFeatures: SessionFeature[] = [];
  /** What clients have asked for. */
  readonly requests: BindRequest[] = [];
  readonly sessions: StubSession[] = [];
  readonly accounts = new Map<string, Credentials>();
  policy: StreamPolicy = POLICY;
  tokens: HostTokens | null = null;
  upgrades: ScramHash[] = [];
  /** What `bind` waits for. */
  beforeBind: Promise<void> | null = null;
  beforeCredentials: Promise<void> | null = null;

  constructor(domain: string, hasAccounts = true) {
    this.domain = domain;
    this.hasAccounts = hasAccounts;
  }

  async addAccount(username: string): Promise<void> {
    const scram = await Promise.all([
      deriveScramKeys(PASSWORD, 'SHA-256', 4096),
      deriveScramKeys(PASSWORD, 'SHA-1', 4096),
    ]);
    this.accounts.set(username, { username, scram, isDisabled: false });
  }

  credentials(username: string): Credentials | null | Promise<Credentials | null> {
    const found = this.accounts.get(username) ?? null;
    return this.beforeCredentials ? this.beforeCredentials.then(() => found) : found;
  }

  bind(
    username: string,
    request: BindRequest,
    wire: SessionWire,
  ): StubSession | Promise<StubSession> {
    this.requests.push(request);
    const { resource, tag } = request;
    if ([resource, tag].includes('taken')) throw new StanzaError('conflict');
    const jid = Jid.of(username, this.domain, resource ?? 'made-by-server');
    const session = new StubSession(jid, wire);
    this.sessions.push(session);
    return this.beforeBind ? this.beforeBind.then(() => session) : session;
  }
}

/** Keeps stanzas as text; echoes a message, so that a conversation can see one arrive. */
export class StubSession implements StreamSession {
  readonly jid: Jid;
  readonly wire: SessionWire;
  readonly received: string[] = [];
  readonly ends: boolean[] = [];
  probes = 0;
  #isEnded = false;

  constructor(jid: Jid, wire: SessionWire) {
    this.jid = jid;
    this.wire = wire;
  }

  receive(frame: Frame): void {
    const text = frame.raw.toString();
    this.received.push(text);
    if (text.includes('<please-fail/>')) throw new Error('as asked');
    if (frame.name === 'message') this.wire.sendParts('<echo>', Buffer.from(`${text}</echo>`));
  }

  probe(): void {
    this.probes += 1;
    this.wire.send("<iq type='get' id='probe'><ping xmlns='urn:xmpp:ping'/></iq>");
  }

  answeredFor(id: string): void {
    this.wire.send(`<iq type="result" id="${id}"/>`);
  }

  finished(): void {
    this.ended(true);
    this.wire.close();
  }

  ended(isClean: boolean): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.ends.push(isClean);
  }

  lost(): void {
    this.ended(false);
  }
}

export class StubHosts implements StreamHosts {
  readonly defaultDomain: string;
  readonly #hosts: Map<string, StubHost>;

  constructor(...hosts: StubHost[]) {
    this.defaultDomain = hosts[0]!.domain;
    this.#hosts = new Map(hosts.map((host) => [host.domain, host]));
  }

  find(domain: string): StubHost | null {
    return this.#hosts.get(domain) ?? null;
  }
}
