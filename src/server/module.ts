import type { ZodType } from 'zod';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Maybe } from '../lib/maybe.ts';
import type { Event, Service } from '../lib/token.ts';
import type { Storage } from '../storage/ports.ts';
import type { StreamFeature } from '../stream/feature.ts';
import type { InlineFeature, SessionFeature } from '../stream/inline.ts';
import type { HttpRoute } from '../transports/http-route.ts';
import type { Element } from '../xml/element.ts';
import type { StanzaErrorCondition } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { AccountKeeper } from './account-keeper.ts';
import type { Account } from './accounts.ts';
import type { FlowParts } from './flow.ts';
import type { Host } from './host.ts';
import type { Session } from './session.ts';

/**
 * The contract of a module: everything it adds is data that the host registers,
 * and so can list, check for clashes and take away again.
 */

/** Where an IQ or a disco feature belongs: the host itself, or an account's bare JID. */
export type Target = 'host' | 'account';

/** `anonymous`: whoever signs in gets an account that ends with the session (XEP-0175). */
export type HostKind = 'accounts' | 'anonymous';

export interface XepClaim {
  readonly xep: number;
  readonly version: string;
  readonly status: 'complete' | 'partial';
  /** What is left out, for a partial one. */
  readonly note?: string;
}

/** An IQ get or set that the server answers itself. */
export interface IqRequest {
  readonly stanza: Stanza;
  readonly from: Jid;
  /** The request's child element, as a tree. */
  readonly payload: Element;
  /** The asking session; null when it is not one of this process. */
  readonly session: Session | null;
  /** What is to be done once the answer is on its way. */
  readonly afterwards: (() => void)[];
}

/** As `IqRequest`, of the account that it is addressed to. */
export interface AccountRequest extends IqRequest {
  readonly account: Account;
}

interface IqHandlerBase {
  readonly type: 'get' | 'set';
  readonly name: string;
  readonly xmlns: string;
}

export interface HostIqHandler extends IqHandlerBase {
  readonly target: 'host';
  /** The result's payload, null for an empty result, or a thrown `StanzaError`. */
  answer(request: IqRequest): Maybe<Element | null>;
}

export interface AccountIqHandler extends IqHandlerBase {
  readonly target: 'account';
  /** Whether only the account's own sessions may ask; the handler looks itself for others. */
  readonly isPrivate: boolean;
  /**
   * What those hear who may not ask, and those who ask a name without account.
   * By default `forbidden` where it is private, else `service-unavailable`.
   */
  readonly refusal?: StanzaErrorCondition;
  /** The same where it is no error that they get, but this. */
  answerStrangers?(payload: Element): Element;
  /** Whether strangers may not ask the account's resources either; the module sees to that. */
  readonly guardsResources?: boolean;
  answer(request: AccountRequest): Maybe<Element | null>;
}

export type IqHandler = HostIqHandler | AccountIqHandler;

/** Takes an element other than a stanza that a session's client sends, e.g. `<inactive/>`. */
export interface NonzaHandler {
  readonly name: string;
  readonly xmlns: string;
  take(session: Session, element: Element): void;
}

export interface Identity {
  readonly category: string;
  readonly type: string;
  readonly name?: string;
}

/** A service beside the host, with a domain of its own, such as an external component. */
export interface HostedService {
  readonly jid: Jid;
  /** For people. */
  readonly name?: string;
}

/** A service with its implementation; made by `provide`. */
export interface Provision {
  readonly token: Service<unknown>;
  readonly implementation: unknown;
}

export function provide<T>(token: Service<T>, implementation: T): Provision {
  return { token, implementation };
}

/** An observer with its event; made by `on`. */
export interface Observer {
  readonly event: Event<unknown>;
  readonly observe: (fact: never) => void;
}

export function on<T>(event: Event<T>, observe: (fact: T) => void): Observer {
  return { event, observe };
}

/** A command for operators on one account; its parameters get the account's `jid` besides. */
export interface AccountCommand<P = unknown> {
  /** `roster.list` */
  readonly name: string;
  readonly summary: string;
  readonly params: ZodType<P>;
  /** Throws `AdminError`. */
  run(account: Account, params: P): Promise<unknown>;
}

/** Keeps the type of a command's parameters between its schema and its work. */
export function accountCommand<P>(command: AccountCommand<P>): AccountCommand {
  return command as AccountCommand;
}

/** Everything that one module adds to one host. */
export interface ModuleParts {
  /** Disco features by target (XEP-0030 §3). */
  readonly features?: Partial<Record<Target, readonly string[]>>;
  readonly identities?: Partial<Record<Target, readonly Identity[]>>;
  /** Forms in the answer to disco#info (XEP-0128). */
  readonly forms?: Partial<Record<Target, readonly Element[]>>;
  readonly iq?: readonly IqHandler[];
  readonly flows?: FlowParts;
  readonly on?: readonly Observer[];
  readonly provides?: readonly Provision[];
  /** Elements other than stanzas that its sessions understand. */
  readonly nonzas?: readonly NonzaHandler[];
  readonly streamFeatures?: readonly StreamFeature[];
  /** What clients may ask for along with signing in (XEP-0388 §2.1); it comes before binding. */
  readonly inlineFeatures?: readonly InlineFeature[];
  /** What clients may have turned on as they are bound (XEP-0386 §3.1). */
  readonly sessionFeatures?: readonly SessionFeature<Session>[];
  readonly commands?: readonly AccountCommand[];
  /** What it answers over HTTP, where that is asked by the host's name. */
  readonly httpRoutes?: readonly HttpRoute[];
  /** What `epode user show` says of an account. */
  facts?(account: Account): Maybe<Readonly<Record<string, unknown>>>;
  /** The account is about to be deleted, and has no sessions any more: others may have to hear. */
  farewell?(account: Account): Maybe<void>;
  stop?(): void;
}

export interface ModuleContext<C> {
  readonly config: C;
  readonly host: Host;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: AccountKeeper;
  /** The origin at which browsers reach the host: `https://chat.example.org`; null without HTTP. */
  readonly webUrl: string | null;
  /** The implementation of a service named in `needs`. */
  use<T>(token: Service<T>): T;
  emit<T>(event: Event<T>, fact: T): void;
}

export interface ModuleDefinition<C = unknown> {
  readonly name: string;
  /** One sentence, for people choosing modules. */
  readonly summary: string;
  readonly implements: readonly XepClaim[];
  readonly hosts: readonly HostKind[];
  /** The schema of its section under `modules`; absent when it has nothing to set. */
  readonly config?: ZodType<C>;
  readonly provides: readonly Service<unknown>[];
  readonly needs: readonly Service<unknown>[];
  /** Modules whose handlers come first where both share a stage. */
  readonly after: readonly string[];
  /**
   * What a change of its settings takes: 'live' runs `setup` anew, also when those that
   * it needs are set up anew; 'restart' leaves everything until then.
   */
  readonly reload: 'live' | 'restart';
  /** Runs once for each host, and again whenever settings have changed. */
  setup(context: ModuleContext<C>): ModuleParts;
}

type Optional = 'implements' | 'hosts' | 'provides' | 'needs' | 'after' | 'reload';

/** Completes a module's definition and keeps its types. */
export function defineModule<C>(
  definition: Omit<ModuleDefinition<C>, Optional> & Partial<Pick<ModuleDefinition<C>, Optional>>,
): ModuleDefinition<C> {
  return {
    implements: [],
    hosts: ['accounts', 'anonymous'],
    provides: [],
    needs: [],
    after: [],
    reload: 'live',
    ...definition,
  };
}
