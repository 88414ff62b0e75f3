import type { Maybe } from '../lib/maybe.ts';
import type { Element } from '../xml/element.ts';
import type { ClientStream } from './client-stream.ts';
import type { StreamSession } from './ports.ts';
import type { TokenAttempt } from './sasl/token-attempt.ts';

/** What a client has said of itself while it signed in. */
export interface SignInFacts {
  /** The id of the client's installation (XEP-0388 §2.3), for nobody else's eyes; '' without. */
  readonly userAgent: string;
  /** What the client calls itself and its device, for its user to know it by; '' for nothing. */
  readonly clientName: string;
  /** Null where it does not sign in by a token. */
  readonly token: TokenAttempt | null;
  readonly wantsToken: boolean;
}

export interface InlineResult {
  /** What stands in `<success/>`; null for nothing. */
  readonly answer: Element | null;
  /** The session that the client has got by it. */
  readonly session: StreamSession | null;
  /** Whether it goes on where it was, so that nothing is offered to the client (XEP-0198 §9.2). */
  readonly isResumed?: boolean;
}

/**
 * What a client may ask for along with signing in (XEP-0388 §2.1), as data. The
 * features run in the order in which the server lists them, once the client has
 * signed in, and until one of them has given it a session.
 */
export interface InlineFeature {
  /** The element in `<authenticate/>`, and in what is offered. */
  readonly name: string;
  readonly xmlns: string;
  /** What stands in `<inline/>`; null when there is nothing to offer now. */
  offer(stream: ClientStream): Element | null;
  /** What the client asks for in vain is left out of the result, or answered with a failure. */
  negotiate(stream: ClientStream, request: Element, facts: SignInFacts): Maybe<InlineResult>;
}

/** What a session is told as it begins. */
export interface Welcome<S extends StreamSession = StreamSession> {
  /** Returns what stands in `<bound/>`; null for nothing. */
  give(session: S): Element | null;
}

/** What a client may have turned on as it is bound (XEP-0386 §3.1), as data. */
export interface SessionFeature<S extends StreamSession = StreamSession> {
  /** Its name in service discovery. */
  readonly var: string;
  /** The elements that ask for it. */
  readonly accepts: readonly { readonly name: string; readonly xmlns: string }[];
  /** Returns what stands in `<bound/>`; null for nothing. */
  enable?(session: S, request: Element): Element | null;
  /**
   * Reads before a client is bound this way what its session is told as it begins: nothing
   * may come for that ahead of `<bound/>`.
   */
  prepare?(username: string): Maybe<Welcome<S>>;
}
