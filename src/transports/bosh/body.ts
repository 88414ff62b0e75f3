import type { StreamHeader } from '../../xml/frame.ts';
import { escapeAttribute } from '../../xml/text.ts';
import { NS } from '../../xmpp/ns.ts';
import { type BoshCondition, BoshError } from './condition.ts';

export const NS_BOSH = 'http://jabber.org/protocol/httpbind';
export const NS_XBOSH = 'urn:xmpp:xbosh';

/** What the start tag of a request's `<body/>` says. */
export interface BodyHeader {
  readonly rid: number;
  /** '' in the request that asks for a session. */
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly lang: string;
  /** `urn:xmpp:xbosh` version (XEP-0206 §3). */
  readonly version: string;
  readonly isRestart: boolean;
  readonly isTerminating: boolean;
  /** As written; '' when absent, which makes a legacy client (§17.1). */
  readonly ver: string;
  /** Seconds. */
  readonly wait: number | null;
  readonly hold: number | null;
  /** Seconds. */
  readonly pause: number | null;
  readonly ack: number | null;
  /** The Content-Type of responses; '' when absent. */
  readonly content: string;
  /** As written; '' when absent. */
  readonly key: string;
  readonly newKey: string;
}

const VERSION = /^\d{1,4}\.\d{1,4}$/;
const INTEGER = /^\d{1,16}$/;
const KEY = /^[\da-f]{40}$/i;
/** No other encoding is written (§7.2). */
const CONTENT_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}(?:; ?charset="?utf-8"?)?$/i;

/** Throws `BoshError` bad-request for what no client may say. */
export function readBody({ name, xmlns, attributes, prefixes }: StreamHeader): BodyHeader {
  if (name !== 'body' || xmlns !== NS_BOSH) throw malformed('The root is no <body/>');
  const text = (key: string, shape?: RegExp) => {
    const value = attributes.get(key) ?? '';
    if (value !== '' && shape && !shape.test(value)) throw malformed(`'${key}' is malformed`);
    return value;
  };
  const integer = (key: string) => {
    const value = attributes.get(key);
    if (value === undefined) return null;
    const number = Number(text(key, INTEGER));
    if (value === '' || !Number.isSafeInteger(number)) throw malformed(`'${key}' is malformed`);
    return number;
  };
  const prefix = prefixes.find((each) => each.xmlns === NS_XBOSH)?.prefix ?? '';
  const ofXmpp = (key: string) => (prefix && attributes.get(`${prefix}:${key}`)) || '';
  return {
    rid: integer('rid') || refuseRid(),
    sid: text('sid'),
    to: text('to'),
    from: text('from'),
    lang: text('xml:lang'),
    version: ofXmpp('version') || '1.0',
    isRestart: ['true', '1'].includes(ofXmpp('restart')),
    isTerminating: text('type') === 'terminate',
    ver: text('ver', VERSION),
    wait: integer('wait'),
    hold: integer('hold'),
    pause: integer('pause'),
    ack: integer('ack'),
    content: text('content', CONTENT_TYPE),
    key: text('key', KEY),
    newKey: text('newkey', KEY),
  };
}

function refuseRid(): never {
  throw malformed("'rid' is no positive integer");
}

function malformed(text: string): BoshError {
  return new BoshError('bad-request', text);
}

const START = `<body xmlns='${NS_BOSH}'`;
const END = Buffer.from('</body>');

/** A response with neither attributes nor payloads. */
export const EMPTY_BODY = Buffer.from(`${START}/>`);
/** Asks the client to send again (§17.3). */
export const RECOVERABLE_ERROR = Buffer.from(`${START} type='error'/>`);

/** A response's `<body/>`; `attributes` are escaped and have leading space. */
export function writeBody(attributes: string, payload: Buffer | null): Buffer {
  if (!payload) return attributes ? Buffer.from(`${START}${attributes}/>`) : EMPTY_BODY;
  const start = `${START}${attributes}>`;
  const startLength = Buffer.byteLength(start);
  const body = Buffer.allocUnsafe(startLength + payload.length + END.length);
  body.write(start, 0);
  payload.copy(body, startLength);
  END.copy(body, startLength + payload.length);
  return body;
}

/** The attributes of a response that ends the session (§13, §17.2); null: without an error. */
export function terminal(condition: BoshCondition | null): string {
  return condition ? ` type='terminate' condition='${condition}'` : " type='terminate'";
}

/** What the prefix `stream` needs (XEP-0206 §2). */
export const DECLARES_STREAM = ` xmlns:stream='${NS.streams}'`;

/** Attributes by name, as they are written. */
export function writeAttributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}='${escapeAttribute(String(value))}'`)
    .join('');
}
