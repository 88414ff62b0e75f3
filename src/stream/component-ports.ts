import type { Frame, XmlLimits } from '../xml/frame.ts';
import type { SessionWire } from './ports.ts';

/** What the session of a component may do with its stream. */
export interface ComponentWire
  extends Pick<
    SessionWire,
    'remoteAddress' | 'lang' | 'send' | 'sendParts' | 'pause' | 'resume' | 'close'
  > {
  /** Bytes that were given to it until now. */
  readonly given: number;
  /** How many of them the system has taken, the first ones. */
  readonly taken: number;
}

/** The authenticated end of a component's stream. */
export interface ComponentSessionEnd {
  /** Throws `StreamError`. */
  receive(frame: Frame): void;
  /** The component has been silent for `idleTimeout`: makes the system find out whether it lives. */
  probe(): void;
  /** The stream is over: no stanza goes there any more. Called once. */
  ended(): void;
  /** The connection is gone, after `ended`: what it has not taken will never arrive. */
  gone(): void;
}

/** A domain that an external component may serve (XEP-0114). */
export interface ComponentHost {
  readonly domain: string;
  readonly secret: string;
  /** Makes it the domain's component; null where another is and stays. */
  attach(wire: ComponentWire): ComponentSessionEnd | null;
}

/** Limits of streams from components. */
export interface ComponentPolicy {
  readonly beforeLogin: XmlLimits;
  readonly afterLogin: XmlLimits;
  /** Milliseconds from connecting to a right handshake. */
  readonly negotiationTimeout: number;
  /** Milliseconds without a byte after which the server sends one. */
  readonly idleTimeout: number;
  /** Milliseconds that the answer to a wrong handshake waits at most, after many. */
  readonly maxFailureDelay: number;
}

/** Finds the component that a stream header names; null for a domain that is none's. */
export interface ComponentHosts {
  readonly policy: ComponentPolicy;
  find(domain: string): ComponentHost | null;
}
