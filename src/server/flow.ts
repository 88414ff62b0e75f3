import type { SessionEntry } from '../cluster/ports.ts';
import { isLater, type Maybe, then } from '../lib/maybe.ts';
import type { Ticket } from '../storage/ports.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { Account } from './accounts.ts';
import type { Plan } from './delivery.ts';
import type { Session } from './session.ts';

/**
 * In the walk of a message: the named, typed stages that every stanza passes,
 * first on the sender's side, then on the recipient's. A stage's type says what
 * its handlers may do; their order is fixed at boot.
 */

/** A stanza on its way out of a session. */
export interface Outgoing {
  readonly session: Session;
  readonly account: Account;
}

/** A stanza that has reached the host of its recipient, whatever its origin. */
export interface Incoming {
  /** The address it was sent to: an account's bare or full JID, or the host. */
  readonly to: Jid;
  /** The recipient; null when the stanza is for the host itself. */
  readonly account: Account | null;
  readonly sessions: readonly SessionEntry[];
  /** Who gets the message; null for other stanzas. */
  readonly plan: Plan | null;
  /** Whether it has been here before, and now looks for another session of the account. */
  readonly isRedelivery?: boolean;
}

/** Why a stanza goes no further. A dropped one is not answered. */
export type Verdict = { readonly drop: string } | { readonly reject: StanzaError };

export interface Done {
  readonly kind: 'done';
  readonly ticket: Ticket;
  /** Settles when it is on disk, or fails with `StorageError`; its sender is told nothing before. */
  readonly whenOnDisk: Maybe<void>;
}

/** What became of a stanza, for whoever has to answer it. */
export type Outcome =
  | Done
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'error'; readonly error: StanzaError };

/**
 * What is on its way to the disk, and goes on once it is there. `outcome` comes of it
 * then, or `StorageError` when the commit has failed: then nothing has gone on.
 */
export interface Pending {
  readonly kind: 'pending';
  readonly outcome: Promise<Outcome>;
}

/** What became of a stanza, or will. */
export type Routed = Outcome | Pending;

/** What came of a stanza in the end. */
export async function settle(routed: Maybe<Routed>): Promise<Outcome> {
  const there = await routed;
  return there.kind === 'pending' ? there.outcome : there;
}

export const DONE: Outcome = done(0);

export function done(ticket: Ticket, whenOnDisk: Maybe<void> = undefined): Outcome {
  return { kind: 'done', ticket, whenOnDisk };
}

export function failed(error: StanzaError): Outcome {
  return { kind: 'error', error };
}

export type Check<C> = (stanza: Stanza, context: C) => Maybe<Verdict | undefined>;
export type Rewrite<C> = (stanza: Stanza, context: C) => Stanza;

/** What a store has made of a message. */
export interface Stored {
  readonly ticket: Ticket;
  /** The id under which the account's archive has it (XEP-0359 §3.2); the flow attaches it. */
  readonly stanzaId?: string;
}

/** Stores synchronously; the ticket says when it is on disk. Undefined: not mine. */
export type Store<C> = (stanza: Stanza, context: C) => Stored | undefined;
/** Changes state that others see, e.g. subscriptions; the ticket as in `Store`. */
export type Apply<C> = (stanza: Stanza, context: C) => Maybe<Verdict | undefined>;
export type Deliver<C> = (stanza: Stanza, context: C) => Maybe<Outcome>;
/** Sends other stanzas, once it is known what became of this one. */
export type Copy<C> = (stanza: Stanza, context: C, outcome: Outcome) => void;

/** The stages of one flow, as one module adds to them. */
export interface MessageStages<C> {
  readonly check?: Check<C>;
  readonly rewrite?: Rewrite<C>;
  readonly store?: Store<C>;
  readonly copy?: Copy<C>;
}

export interface PresenceStages<C> {
  readonly check?: Check<C>;
  readonly rewrite?: Rewrite<C>;
  readonly apply?: Apply<C>;
  readonly broadcast?: Copy<C>;
  readonly copy?: Copy<C>;
}

export interface IqStages<C> {
  readonly check?: Check<C>;
  readonly copy?: Copy<C>;
}

/** What a module adds to the flows. `deliver` has one handler per kind of stanza. */
export interface FlowParts {
  readonly outgoing?: {
    readonly message?: MessageStages<Outgoing>;
    readonly presence?: PresenceStages<Outgoing>;
    readonly iq?: IqStages<Outgoing>;
  };
  readonly incoming?: {
    readonly message?: MessageStages<Incoming> & { readonly deliver?: Deliver<Incoming> };
    readonly presence?: PresenceStages<Incoming> & { readonly deliver?: Deliver<Incoming> };
    readonly iq?: IqStages<Incoming>;
  };
}

/** Runs vetoing handlers in order until one has something to say. */
export function runVetoes<C>(
  handlers: readonly Check<C>[],
  stanza: Stanza,
  context: C,
  first = 0,
): Maybe<Verdict | undefined> {
  for (let at = first; at < handlers.length; at++) {
    const verdict = (handlers[at] as Check<C>)(stanza, context);
    if (isLater(verdict)) {
      return verdict.then((said) => said ?? runVetoes(handlers, stanza, context, at + 1));
    }
    if (verdict) return verdict;
  }
  return undefined;
}

export function runRewrites<C>(
  handlers: readonly Rewrite<C>[],
  stanza: Stanza,
  context: C,
): Stanza {
  let current = stanza;
  for (const rewrite of handlers) current = rewrite(current, context);
  return current;
}

/** Goes on with `next` unless a handler has stopped the stanza. */
export function unlessVetoed(
  verdict: Maybe<Verdict | undefined>,
  next: () => Maybe<Routed>,
): Maybe<Routed> {
  return then(verdict, (said) => (said ? outcomeOf(said) : next()));
}

function outcomeOf(verdict: Verdict): Outcome {
  return 'drop' in verdict ? { kind: 'dropped', why: verdict.drop } : failed(verdict.reject);
}

/** Turns what a handler threw into an outcome; anything unexpected is the server's fault. */
export function outcomeOfThrow(thrown: unknown, report: (error: unknown) => void): Outcome {
  if (thrown instanceof StanzaError) return failed(thrown);
  report(thrown);
  return failed(new StanzaError('internal-server-error'));
}
