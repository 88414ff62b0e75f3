import type { SessionDirectory } from '../cluster/ports.ts';
import { isLater, type Maybe, then } from '../lib/maybe.ts';
import { type Durability, NO_TICKET, StorageError, type Ticket } from '../storage/ports.ts';
import { xml } from '../xml/element.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { Account } from './accounts.ts';
import { type CompiledFlow, conclude } from './compiled-flows.ts';
import { messageType, planMessage } from './delivery.ts';
import { done, failed, type Incoming, type Outcome, type Routed, type Store } from './flow.ts';

const NO_HANDLER = failed(new StanzaError('service-unavailable'));

export interface StoredMessage {
  /** With the ids under which it is stored. */
  readonly stanza: Stanza;
  /** Null when nothing has stored it. */
  readonly ticket: Ticket | null;
}

/**
 * In the walk of a message: from the recipient's host to its sessions. It is planned
 * and stored in one turn, so that no session slips in between, and delivered once
 * what was stored is on disk.
 */
export class Arrivals {
  readonly #directory: SessionDirectory;
  readonly #durability: Durability;
  readonly #explain: (thrown: unknown, stanza: Stanza) => Outcome;

  constructor(deps: {
    directory: SessionDirectory;
    durability: Durability;
    explain: (thrown: unknown, stanza: Stanza) => Outcome;
  }) {
    this.#directory = deps.directory;
    this.#durability = deps.durability;
    this.#explain = deps.explain;
  }

  /** A message that has passed the first stages of the recipient's side. */
  arrive(flow: CompiledFlow<Incoming>, message: Stanza, before: Incoming): Maybe<Routed> {
    const context = this.#plan(message, before);
    const { account, plan } = context;
    // Those before it may find nobody there, and have to wait for the next session ahead of it.
    if (message.behind && plan?.kind === 'offline' && account!.onTheWay > 0) {
      const kept = message.keep();
      return message.behind.then(() => this.arrive(flow, kept.putBehind(null), before));
    }
    // Sender and recipient have it by one commit, or neither has.
    const { alongside } = message;
    message.alongside = null;
    alongside?.();
    const { stanza, ticket } = runStores(flow.store, message, context, account);
    const kept = isForLater(context) && ticket !== null ? done(ticket) : null;
    if (!this.mustWait(ticket, stanza)) return deliver(flow, stanza, context, kept);
    const later = lasting(context);
    const isForSomebody = account !== null && plan?.kind === 'deliver';
    if (isForSomebody) account.onTheWay++;
    return this.onceStored(ticket, stanza, () => {
      if (isForSomebody) account.onTheWay--;
      const isMissed = isForSomebody && !this.#isThere(later);
      return isMissed
        ? this.#planAnew(flow, stanza, later, deliver)
        : deliver(flow, stanza, later, kept);
    });
  }

  /**
   * A message whose session is gone before its client had it looks for another one
   * of the account. It is in the archive already, and has been copied.
   */
  redeliver(flow: CompiledFlow<Incoming>, message: Stanza, before: Incoming): Maybe<Routed> {
    return this.#planAnew(flow, message, before, deliverOnly);
  }

  /** What waits for the next session now is in nobody's hands: others need not wait for the disk. */
  #planAnew(
    flow: CompiledFlow<Incoming>,
    message: Stanza,
    before: Incoming,
    end: typeof deliver,
  ): Maybe<Routed> {
    const context = { ...this.#plan(message, before), isRedelivery: true };
    const { stanza, ticket } = runStores(flow.store, message, context, context.account);
    if (isForLater(context) && ticket !== null) {
      const kept = done(ticket, this.#durability.whenCommitted(ticket));
      return end(flow, stanza, context, kept);
    }
    return this.onceStored(ticket, stanza, () => end(flow, stanza, context, null));
  }

  /** Whether something has to be on disk, or be delivered, before the stanza may go on. */
  mustWait(ticket: Ticket | null, { behind }: Stanza): boolean {
    return behind !== null || (ticket !== null && ticket !== NO_TICKET);
  }

  /** Goes on with `next` when what is stored is on disk, and what came before is delivered. */
  onceStored(ticket: Ticket | null, stanza: Stanza, next: () => Maybe<Routed>): Maybe<Routed> {
    const ready = this.#whenReady(ticket ?? NO_TICKET, stanza.behind);
    if (!isLater(ready)) return next();
    stanza.keep();
    const outcome = ready
      .then(next)
      .then(settled)
      .catch((thrown) => {
        if (thrown instanceof StorageError) throw thrown;
        return this.#explain(thrown, stanza);
      });
    return { kind: 'pending', outcome };
  }

  #whenReady(ticket: Ticket, behind: Promise<unknown> | null): Maybe<unknown> {
    const committed = ticket === NO_TICKET ? undefined : this.#durability.whenCommitted(ticket);
    return behind ? then(committed, () => behind) : committed;
  }

  #plan(stanza: Stanza, { to, account, sessions }: Incoming): Incoming {
    if (!account) return { to, account, sessions, plan: null };
    const there = this.#directory.peek(account.owner);
    return { to, account, sessions: there, plan: planMessage(messageType(stanza.type), to, there) };
  }

  /** Whether any of those whom a message is for is there still. */
  #isThere({ account, plan }: Incoming): boolean {
    const there = account ? this.#directory.peek(account.owner) : [];
    return plan?.kind === 'deliver' && plan.targets.some((target) => there.includes(target));
  }
}

/** The same with arrays that nobody changes. */
function lasting(context: Incoming): Incoming {
  const { sessions, plan } = context;
  const kept = plan?.kind === 'deliver' ? { ...plan, targets: [...plan.targets] } : plan;
  return { ...context, sessions: [...sessions], plan: kept };
}

function settled(routed: Routed): Outcome | Promise<Outcome> {
  return routed.kind === 'pending' ? routed.outcome : routed;
}

/** `kept` is what has become of it when it was stored for the next session. */
function deliver(
  flow: CompiledFlow<Incoming>,
  stanza: Stanza,
  context: Incoming,
  kept: Outcome | null,
): Maybe<Routed> {
  return conclude(deliverOnly(flow, stanza, context, kept), flow, stanza, context);
}

function deliverOnly(
  flow: CompiledFlow<Incoming>,
  stanza: Stanza,
  context: Incoming,
  kept: Outcome | null,
): Maybe<Outcome> {
  if (kept) return kept;
  const handler = flow.deliver[0];
  return handler ? handler(stanza, context) : NO_HANDLER;
}

function isForLater({ plan }: Incoming): boolean {
  return plan?.kind === 'offline';
}

/** Has everything stored that a message leads to; each sees the ids that those before gave. */
export function runStores<C>(
  stores: readonly Store<C>[],
  message: Stanza,
  context: C,
  account: Account | null,
): StoredMessage {
  let stanza = message;
  let newest: Ticket | null = null;
  for (const store of stores) {
    const stored = store(stanza, context);
    if (!stored) continue;
    newest = Math.max(newest ?? NO_TICKET, stored.ticket);
    if (stored.stanzaId && account) stanza = identified(stanza, stored.stanzaId, account.owner);
  }
  return { stanza, ticket: newest };
}

/** XEP-0359 §3.2. */
function identified(stanza: Stanza, id: string, by: string): Stanza {
  return stanza.edit({ append: [xml('stanza-id', { xmlns: NS.stanzaId, by, id })] });
}
