import type { Element } from '../xml/element.ts';

/** Stanza error conditions with the type that RFC 6120 §8.3.3 gives each. */
const STANZA_ERROR_TYPES = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'modify',
  'unexpected-request': 'wait',
} as const;

export type StanzaErrorCondition = keyof typeof STANZA_ERROR_TYPES;
export type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** An element that says more than the condition does (RFC 6120 §8.3.4); by its name where it is empty. */
export type ApplicationCondition = Element | { readonly name: string; readonly xmlns: string };

/** Answers one stanza with an error; the stream lives on (RFC 6120 §8.3). */
export class StanzaError extends Error {
  readonly condition: StanzaErrorCondition;
  readonly type: StanzaErrorType;
  /** Human-readable, in English; '' when the condition says it all. */
  readonly text: string;
  readonly application: ApplicationCondition | null;

  constructor(
    condition: StanzaErrorCondition,
    text = '',
    type?: StanzaErrorType,
    application: ApplicationCondition | null = null,
  ) {
    super(text || condition);
    this.condition = condition;
    this.text = text;
    this.type = type ?? STANZA_ERROR_TYPES[condition];
    this.application = application;
  }
}

/** Stream error conditions (RFC 6120 §4.9.3). */
export type StreamErrorCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'see-other-host'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** Ends a stream (RFC 6120 §4.9). */
export class StreamError extends Error {
  readonly condition: StreamErrorCondition;
  readonly text: string;
  /** What a protocol adds to say it more precisely (§4.9.4). */
  readonly application: Element | null;

  constructor(condition: StreamErrorCondition, text = '', application: Element | null = null) {
    super(text || condition);
    this.condition = condition;
    this.text = text;
    this.application = application;
  }
}
