import type { Stanza, StanzaKind } from '../xmpp/stanza.ts';
import type { Outcome, Verdict } from './flow.ts';

/**
 * What happens to the stanzas of single accounts, for operators who look on. While
 * nobody does, the flows know nothing of it, and a session asks one field.
 */

/** Where in the flows: `incoming`, `message`, `store`. */
export interface TracePlace {
  readonly direction: 'outgoing' | 'incoming';
  readonly kind: StanzaKind;
  readonly stage: string;
  /** '' for the server itself. */
  readonly module: string;
}

export type TraceEvent =
  /** A stanza enters a flow: a client has sent it, or it has come for the account. */
  | { readonly what: 'received' | 'arrived'; readonly place: TracePlace }
  | { readonly what: 'changed' | 'stored'; readonly place: TracePlace }
  | { readonly what: 'stopped'; readonly place: TracePlace; readonly verdict: Verdict }
  /** What the sender's session knows in the end. */
  | { readonly what: 'outcome'; readonly session: string; readonly outcome: Outcome }
  /** Written to a client. */
  | { readonly what: 'sent'; readonly session: string };

/** Must read the stanza at once: its bytes are borrowed. */
export type TraceListener = (event: TraceEvent, stanza: Stanza) => void;

/** Those who look on at one account. */
export class AccountTrace {
  readonly listeners = new Set<TraceListener>();

  tell(event: TraceEvent, stanza: Stanza): void {
    for (const listener of this.listeners) listener(event, stanza);
  }
}

/** Whom somebody looks on at, on all hosts of the server. */
export class Tracing {
  readonly #traces = new Map<string, AccountTrace>();
  readonly #watchers: ((owner: string) => void)[] = [];

  get isOn(): boolean {
    return this.#traces.size > 0;
  }

  /** Null where nobody looks on at the account (bare JID). */
  of(owner: string): AccountTrace | null {
    return this.#traces.get(owner) ?? null;
  }

  /** `watcher` hears whenever somebody begins or ends to look on at an account. */
  onChange(watcher: (owner: string) => void): void {
    this.#watchers.push(watcher);
  }

  /** Begins; the returned function ends it. */
  listen(owner: string, listener: TraceListener): () => void {
    const trace = this.of(owner) ?? new AccountTrace();
    trace.listeners.add(listener);
    this.#traces.set(owner, trace);
    this.#changed(owner);
    return () => {
      trace.listeners.delete(listener);
      if (trace.listeners.size > 0 || this.of(owner) !== trace) return;
      this.#traces.delete(owner);
      this.#changed(owner);
    };
  }

  /** Tells those who look on at the stanza's sender or recipient. */
  tell(event: TraceEvent, stanza: Stanza, owner: string | undefined): void {
    const sender = stanza.from?.bareString;
    if (owner) this.of(owner)?.tell(event, stanza);
    if (sender && sender !== owner) this.of(sender)?.tell(event, stanza);
  }

  #changed(owner: string): void {
    for (const watcher of this.#watchers) watcher(owner);
  }
}
