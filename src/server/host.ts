import type { SessionDirectory } from '../cluster/ports.ts';
import type { Log } from '../lib/log.ts';
import { isLater, type Maybe, then } from '../lib/maybe.ts';
import { Slots } from '../lib/token.ts';
import type { Durability } from '../storage/ports.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { Jid } from '../xmpp/jid.ts';
import { isRequest, makeResult, makeStanza, type Stanza } from '../xmpp/stanza.ts';
import type { Account, Accounts } from './accounts.ts';
import { Arrivals, runStores, type StoredMessage } from './arrivals.ts';
import { isShown, mayWait } from './awaited.ts';
import { type CompiledFlow, conclude } from './compiled-flows.ts';
import {
  DONE,
  failed,
  type Incoming,
  type Outcome,
  type Outgoing,
  outcomeOfThrow,
  type Routed,
  runRewrites,
  runVetoes,
  settle,
  unlessVetoed,
  type Verdict,
} from './flow.ts';
import type { HandledNotes } from './handled-notes.ts';
import type { HostParts } from './host-parts.ts';
import type { HostedService, HostKind, IqHandler, Target } from './module.ts';
import { isPrivateRequest, refusalOf } from './refusal.ts';
import type { Router } from './router.ts';
import { Session } from './session.ts';
import { tracedParts } from './traced-parts.ts';
import type { Tracing } from './tracing.ts';
import { Traffic } from './traffic.ts';

/**
 * What comes behind a stage that may stop the stanza, with the host as `this`:
 * most stanzas pass at once, and then no closure is made.
 */
type Step<C> = (this: Host, flow: CompiledFlow<C>, stanza: Stanza, context: C) => Maybe<Routed>;

const NOBODY: Incoming['sessions'] = [];
const UNKNOWN_ACCOUNT = failed(new StanzaError('service-unavailable'));
const UNSEEN: Outcome = { kind: 'dropped', why: 'nobody is there to see it' };
const NO_HANDLER = failed(new StanzaError('service-unavailable'));

/**
 * A virtual host: the flows that stanzas of its accounts pass on their way out,
 * and those that stanzas to its addresses pass on their way in. On its slots modules
 * keep what outlives a change of their settings.
 */
export class Host extends Slots {
  readonly domain: string;
  readonly jid: Jid;
  readonly kind: HostKind;
  readonly accounts: Accounts;
  readonly directory: SessionDirectory;
  /** What the sessions of this host have sent. */
  readonly traffic = new Traffic();
  readonly tracing: Tracing;
  /** Whether a domain is that of a host of this server. */
  readonly serves: (domain: string) => boolean;
  /** Services beside the host that its clients are to find (XEP-0030 §4). */
  services: readonly HostedService[] = [];
  /** How far sessions have come, as it stands on disk. */
  readonly notes: HandledNotes;
  readonly #router: Router;
  readonly #log: Log;
  readonly #arrivals: Arrivals;
  #installed!: HostParts;
  /** What stanzas pass: what is installed, or the same under the eyes of an operator. */
  #parts!: HostParts;

  constructor(
    domain: string,
    kind: HostKind,
    deps: {
      accounts: Accounts;
      directory: SessionDirectory;
      durability: Durability;
      router: Router;
      tracing: Tracing;
      notes: HandledNotes;
      log: Log;
    },
  ) {
    super();
    this.domain = domain;
    this.kind = kind;
    this.jid = Jid.of('', domain);
    this.accounts = deps.accounts;
    this.directory = deps.directory;
    const explain = this.#explain.bind(this);
    this.#arrivals = new Arrivals({ ...deps, explain });
    this.#router = deps.router;
    this.#log = deps.log.child({ host: domain });
    this.tracing = deps.tracing;
    this.serves = (domain) => deps.router.host(domain) !== null;
    this.notes = deps.notes;
    this.tracing.onChange((owner) => this.#retrace(owner));
  }

  /** Puts the compiled modules in place; stanzas under way go on with those they began with. */
  install(parts: HostParts): void {
    this.#installed = parts;
    this.#parts = this.tracing.isOn ? tracedParts(parts, this.tracing) : parts;
  }

  get parts(): HostParts {
    return this.#installed;
  }

  /** Somebody begins or ends to look on at an account, perhaps one of this host. */
  #retrace(owner: string): void {
    const isTraced = this.#parts !== this.#installed;
    if (isTraced !== this.tracing.isOn) this.install(this.#installed);
    for (const entry of this.directory.peek(owner)) {
      if (entry instanceof Session && entry.host === this) entry.trace = this.tracing.of(owner);
    }
  }

  /** Routes a stanza that the server itself sends; nobody hears of its failure. */
  send(stanza: Stanza): void {
    void this.sendFirst(stanza);
  }

  /** As `send`, for what others have to come behind; undefined where a handler has failed. */
  sendFirst(stanza: Stanza): Maybe<Outcome | undefined> {
    const routed = this.#router.route(stanza);
    if (!isLater(routed) && routed.kind !== 'pending') return routed;
    return settle(routed).catch((error) => this.#report(error, stanza));
  }

  /** A message that had been let in looks for another session of its recipient; nobody hears. */
  redeliver(stanza: Stanza): void {
    const flow = this.#parts.flows.incoming.message;
    const to = stanza.to as Jid;
    const account = this.accounts.peek(to.local);
    const context = { to, account, sessions: NOBODY, plan: null };
    const routed = this.#arrivals.redeliver(flow, stanza, context);
    settle(routed).catch((error) => this.#report(error, stanza));
  }

  /** A stanza from one of our sessions passes the sender's side, then is routed. */
  outgoing(stanza: Stanza, context: Outgoing): Maybe<Routed> {
    return this.#pass(this.#leave, this.#parts.flows.outgoing[stanza.kind], stanza, context);
  }

  #leave(flow: CompiledFlow<Outgoing>, stanza: Stanza, context: Outgoing): Maybe<Routed> {
    if (flow.store.length > 0) return this.#departStored(flow, stanza, context);
    const verdict = runVetoes(flow.apply, stanza, context);
    return this.#unless(verdict, this.#depart, flow, stanza, context);
  }

  #depart(flow: CompiledFlow<Outgoing>, stanza: Stanza, context: Outgoing): Maybe<Routed> {
    const routed = stanza.to ? this.#router.route(stanza) : DONE;
    return conclude(routed, flow, stanza, context);
  }

  /**
   * Stored where its recipient stores it, or else when it is known what became of it. The
   * id that the sender's archive gives is for the sender's devices (XEP-0313 §3.5).
   */
  #departStored(flow: CompiledFlow<Outgoing>, message: Stanza, context: Outgoing): Maybe<Routed> {
    let stored: StoredMessage | null = null;
    const store = () => (stored ??= runStores(flow.store, message, context, context.account));
    const routed = message.to ? this.#router.route(message.putAlongside(store)) : DONE;
    return then(routed, (routed) => {
      const { stanza, ticket } = store();
      const conclusion = () => conclude(routed, flow, stanza, context);
      return this.#arrivals.mustWait(ticket, message)
        ? this.#arrivals.onceStored(ticket, stanza, conclusion)
        : conclusion();
    });
  }

  /** A stanza whose address is of this host, whatever its origin. */
  incoming(stanza: Stanza): Maybe<Routed> {
    const to = stanza.to as Jid;
    if (to.local === '') return this.#enter(stanza, to, null);
    if (isShown(stanza)) return this.#show(stanza, to);
    return this.#find(stanza, to);
  }

  /** Presence that nobody is there to see is no reason to look for the account. */
  #show(stanza: Stanza, to: Jid): Maybe<Routed> {
    const sessions = this.directory.list(to.bareString);
    return isLater(sessions)
      ? sessions.then((sessions) => this.#showTo(sessions, stanza, to))
      : this.#showTo(sessions, stanza, to);
  }

  #showTo(sessions: Incoming['sessions'], stanza: Stanza, to: Jid): Maybe<Routed> {
    if (sessions.length === 0) return UNSEEN;
    const account = this.accounts.peek(to.local);
    return account
      ? this.#begin(stanza, { to, account, sessions, plan: null })
      : this.#look(stanza, to);
  }

  #find(stanza: Stanza, to: Jid): Maybe<Routed> {
    const account = this.accounts.peek(to.local);
    return account ? this.#enter(stanza, to, account) : this.#look(stanza, to);
  }

  /** For the account in the store. */
  #look(stanza: Stanza, to: Jid): Maybe<Routed> {
    const found = mayWait(stanza) ? this.accounts.seek(to.local) : this.accounts.find(to.local);
    return then(found, (account) =>
      account ? this.#enter(stanza, to, account) : this.#refuse(stanza),
    );
  }

  /** No such account: strangers must not tell it from one that they may not ask. */
  #refuse(stanza: Stanza): Outcome {
    switch (stanza.kind) {
      case 'presence':
        if (stanza.type === 'probe') this.send(makeUnsubscribed(stanza));
        return { kind: 'dropped', why: 'no such account' };
      case 'message':
        return UNKNOWN_ACCOUNT;
      case 'iq':
        return this.#refusalOf(stanza);
    }
  }

  /** What an account would say; most requests to full JIDs are for a resource to answer. */
  #refusalOf(iq: Stanza): Outcome {
    const handler = this.#handlerFor(iq, 'account');
    if (handler?.target !== 'account') return UNKNOWN_ACCOUNT;
    if (!iq.to?.isBare && !handler.guardsResources) return UNKNOWN_ACCOUNT;
    if (!handler.answerStrangers) return refusalOf(handler);
    const payload = iq.payload();
    if (payload) this.send(makeResult(iq, handler.answerStrangers(payload)));
    return DONE;
  }

  #enter(stanza: Stanza, to: Jid, account: Account | null): Maybe<Routed> {
    const sessions = account ? this.directory.list(account.owner) : NOBODY;
    return isLater(sessions)
      ? this.#enterLater(sessions, stanza, to, account)
      : this.#begin(stanza, { to, account, sessions, plan: null });
  }

  #enterLater(
    sessions: Promise<Incoming['sessions']>,
    stanza: Stanza,
    to: Jid,
    account: Account | null,
  ): Maybe<Routed> {
    return sessions.then((sessions) => this.#begin(stanza, { to, account, sessions, plan: null }));
  }

  #begin(stanza: Stanza, context: Incoming): Maybe<Routed> {
    return this.#pass(this.#arrive, this.#parts.flows.incoming[stanza.kind], stanza, context);
  }

  #arrive(flow: CompiledFlow<Incoming>, stanza: Stanza, context: Incoming): Maybe<Routed> {
    switch (stanza.kind) {
      case 'message':
        return this.#arrivals.arrive(flow, stanza, context);
      case 'presence':
        return this.#arrivePresence(flow, stanza, context);
      case 'iq':
        return this.#arriveIq(flow, stanza, context);
    }
  }

  #arrivePresence(flow: CompiledFlow<Incoming>, stanza: Stanza, context: Incoming): Maybe<Routed> {
    const verdict = runVetoes(flow.apply, stanza, context);
    return this.#unless(verdict, this.#deliver, flow, stanza, context);
  }

  #deliver(flow: CompiledFlow<Incoming>, stanza: Stanza, context: Incoming): Maybe<Routed> {
    const deliver = flow.deliver[0];
    const outcome = deliver ? deliver(stanza, context) : NO_HANDLER;
    return conclude(outcome, flow, stanza, context);
  }

  #arriveIq(flow: CompiledFlow<Incoming>, stanza: Stanza, context: Incoming): Maybe<Routed> {
    return conclude(this.#takeIq(stanza, context), flow, stanza, context);
  }

  #takeIq(stanza: Stanza, context: Incoming): Maybe<Outcome> {
    if (!context.to.isBare && context.account) return this.#relayIq(stanza, context.to);
    if (!isRequest(stanza)) return { kind: 'dropped', why: 'nobody waits for this answer' };
    return this.#answerIq(stanza, context.account);
  }

  /** RFC 6121 §8.5.3.1, §8.5.3.2.3. */
  #relayIq(stanza: Stanza, to: Jid): Outcome {
    const session = this.directory.find(to);
    return session?.deliver(stanza) ? DONE : UNKNOWN_ACCOUNT;
  }

  /** RFC 6121 §8.5.2.1.3: the server answers for the account and for itself. */
  #answerIq(stanza: Stanza, account: Account | null): Maybe<Outcome> {
    const handler = this.#handlerFor(stanza, account ? 'account' : 'host');
    const payload = stanza.payload();
    const from = stanza.from as Jid;
    if (!handler || !payload) return NO_HANDLER;
    if (isPrivateRequest(handler) && !account?.jid.equals(from.bare)) return refusalOf(handler);
    const session = this.#sessionOf(from);
    const afterwards: (() => void)[] = [];
    const request = { stanza, from, payload, session, afterwards };
    const answer =
      handler.target === 'account'
        ? handler.answer({ ...request, account: account as Account })
        : handler.answer(request);
    return then(answer, (payload) =>
      then(this.#router.route(makeResult(stanza, payload)), () => {
        for (const task of afterwards) task();
        return DONE;
      }),
    );
  }

  #handlerFor(stanza: Stanza, target: Target): IqHandler | undefined {
    const child = stanza.content.children[0];
    return child && this.#parts.iqs.find(stanza.type, target, child.xmlns, child.name);
  }

  #sessionOf(jid: Jid): Session | null {
    const entry = this.directory.find(jid);
    return entry instanceof Session ? entry : null;
  }

  /**
   * The first stages of a flow, then `next`. One bad handler answers one stanza
   * with an error; nothing else notices.
   */
  #pass<C>(next: Step<C>, flow: CompiledFlow<C>, stanza: Stanza, context: C): Maybe<Routed> {
    try {
      const verdict = runVetoes(flow.check, stanza, context);
      const outcome =
        verdict === undefined
          ? next.call(this, flow, runRewrites(flow.rewrite, stanza, context), context)
          : this.#passLater(verdict, next, flow, stanza, context);
      return isLater(outcome) ? this.#guardLater(outcome, stanza) : outcome;
    } catch (thrown) {
      return this.#explain(thrown, stanza);
    }
  }

  #passLater<C>(
    verdict: Maybe<Verdict | undefined>,
    next: Step<C>,
    flow: CompiledFlow<C>,
    stanza: Stanza,
    context: C,
  ): Maybe<Routed> {
    return unlessVetoed(verdict, () =>
      next.call(this, flow, runRewrites(flow.rewrite, stanza, context), context),
    );
  }

  #unless<C>(
    verdict: Maybe<Verdict | undefined>,
    next: Step<C>,
    flow: CompiledFlow<C>,
    stanza: Stanza,
    context: C,
  ): Maybe<Routed> {
    if (verdict === undefined) return next.call(this, flow, stanza, context);
    return unlessVetoed(verdict, next.bind(this, flow, stanza, context));
  }

  #guardLater(outcome: Promise<Routed>, stanza: Stanza): Promise<Routed> {
    return outcome.catch((thrown) => this.#explain(thrown, stanza));
  }

  #explain(thrown: unknown, stanza: Stanza): Outcome {
    return outcomeOfThrow(thrown, (error) => this.#report(error, stanza));
  }

  #report(error: unknown, stanza: Stanza): undefined {
    this.#log.error({ err: error, stanza: stanza.kind, type: stanza.type }, 'a handler failed');
  }
}

/** RFC 6121 §4.3.2: what whoever may not see an account is told, whether it exists or not. */
function makeUnsubscribed({ from, to }: Stanza): Stanza {
  return makeStanza('presence', { type: 'unsubscribed', from: to?.bare ?? null, to: from });
}
