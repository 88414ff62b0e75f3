import type { Maybe } from '../lib/maybe.ts';
import type { Element } from '../xml/element.ts';
import type { ClientStream } from './client-stream.ts';

/** What has been reached on a stream; features say what they need of it. */
export type StreamState = 'secure' | 'authenticated' | 'bound';

/**
 * What follows a step: go on; go on, and bear nothing but the same feature's
 * elements; tell anew what is offered; start the stream anew; or turn to TLS and
 * start anew.
 */
export type Step = 'continue' | 'engage' | 'features' | 'restart' | 'secure';

export interface FeatureElement {
  readonly name: string;
  readonly xmlns: string;
  /** Where it comes as the only child of an IQ: the type of that. */
  readonly inIq?: 'get' | 'set';
}

/**
 * A stream feature as data (RFC 6120 §4.3.2). The stream offers what its state
 * allows, hands over elements that the feature accepts, and obeys the step that
 * comes back; it knows no feature by name.
 */
export interface StreamFeature {
  readonly name: string;
  readonly requires: readonly StreamState[];
  readonly forbids: readonly StreamState[];
  /** Whether white space between its elements is borne, as it is unless false. */
  readonly bearsWhiteSpace?: boolean;
  /**
   * What stands in `<stream:features/>`, as text where it is the same for many streams;
   * null when there is nothing to offer now.
   */
  offer(stream: ClientStream): Element | string | null;
  /** The elements that begin or go on with the negotiation. */
  readonly accepts: readonly FeatureElement[];
  /** Takes an accepted element, the whole IQ where it came in one. A throw ends the stream. */
  negotiate(stream: ClientStream, element: Element): Maybe<Step>;
}

/** A feature that tells who has signed in what the server can do, and negotiates nothing. */
export function advertisement({
  name,
  offer,
}: Pick<StreamFeature, 'name' | 'offer'>): StreamFeature {
  const requires = ['authenticated'] as const;
  return { name, requires, forbids: [], accepts: [], offer, negotiate: () => 'continue' };
}
