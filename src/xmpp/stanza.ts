import { buildChild, Element, serialize } from '../xml/element.ts';
import { type Frame, type FrameChild, type FrameContent, XmlError } from '../xml/frame.ts';
import { parseFrame } from '../xml/parse.ts';
import { extraAttributes, needsRebuild, rebuildContent, spliceContent } from '../xml/splice.ts';
import { decodeAttribute, escapeAttribute, internAttribute } from '../xml/text.ts';
import { type ApplicationCondition, StanzaError, StreamError } from './errors.ts';
import { Jid, JidError } from './jid.ts';
import { NS } from './ns.ts';

/**
 * In the walk of a message: between the frame that the parser cuts out and the
 * flows that decide on it. A stanza is an envelope (kind, addresses, id, type,
 * language) around content that stays bytes until a module asks for a tree.
 */

export type StanzaKind = 'message' | 'presence' | 'iq';

/** What stands between a stanza's start and end tag, shared by all its copies. */
export class Content {
  raw: Buffer;
  readonly contentStart: number;
  readonly contentEnd: number;
  /** Offsets into `raw`. */
  readonly children: readonly FrameChild[];
  /** Whether a client has got it, or a copy of it: then it is not lost with another's session. */
  isSeen = false;
  /** Sessions that keep it for their clients, which may yet get it. */
  keepers = 0;
  /** What this is a copy of, where its recipient's devices share the one fate (XEP-0280 §7). */
  copied: Stanza | null = null;
  /** Whether `raw` belongs to a parser, which will write over it. */
  #isBorrowed: boolean;
  #rest: Buffer | null = null;

  constructor(
    from: Pick<Frame, 'raw' | 'contentStart' | 'contentEnd' | 'children'>,
    isBorrowed: boolean,
  ) {
    this.raw = from.raw;
    this.contentStart = from.contentStart;
    this.contentEnd = from.contentEnd;
    this.children = from.children;
    this.#isBorrowed = isBorrowed;
  }

  /** Whose `isSeen` and `keepers` tell of this, too. */
  get root(): Content {
    return this.copied?.content ?? this;
  }

  /** Copies borrowed bytes, once, for every stanza that shares this content. */
  keep(): void {
    if (!this.#isBorrowed) return;
    this.raw = Buffer.from(this.raw);
    this.#isBorrowed = false;
    this.#rest = null;
  }

  /** The bytes with the end tag behind them, which nearly always is there already. */
  closedBy(endTag: Buffer): Buffer {
    if (this.contentStart === this.contentEnd) return endTag;
    this.#rest ??= this.#close(endTag);
    return this.#rest;
  }

  #close(endTag: Buffer): Buffer {
    const { raw, contentStart, contentEnd } = this;
    if (endsWith(raw, contentEnd, endTag)) return raw.subarray(contentStart);
    return Buffer.concat([raw.subarray(contentStart, contentEnd), endTag]);
  }
}

/** Whether nothing but the bytes of `end` comes from `start` on. */
function endsWith(bytes: Buffer, start: number, end: Buffer): boolean {
  if (bytes.length - start !== end.length) return false;
  for (let at = 0; at < end.length; at++) if (bytes[start + at] !== end[at]) return false;
  return true;
}

export interface Envelope {
  readonly from: Jid | null;
  readonly to: Jid | null;
  /** '' when absent. */
  readonly id: string;
  /** As written; '' when absent. */
  readonly type: string;
  /** xml:lang; '' when absent. */
  readonly lang: string;
}

const NO_CONTENT = new Content(
  { raw: Buffer.alloc(0), contentStart: 0, contentEnd: 0, children: [] },
  false,
);
const ENVELOPE_ATTRIBUTES: ReadonlySet<string> = new Set(['from', 'to', 'id', 'type', 'xml:lang']);

/** What copies of a stanza for other addresses have in common, besides its content. */
interface Details {
  readonly id: string;
  readonly type: string;
  readonly lang: string;
  readonly extra: string;
}

export class Stanza implements Envelope {
  readonly kind: StanzaKind;
  readonly from: Jid | null;
  readonly to: Jid | null;
  readonly content: Content;
  /** Settles when what its sender said before is delivered; null when it is. */
  behind: Promise<unknown> | null = null;
  /** To be called in the turn in which its recipient stores it; null where nobody cares. */
  alongside: (() => void) | null = null;
  readonly #details: Details;

  constructor(
    kind: StanzaKind,
    from: Jid | null,
    to: Jid | null,
    details: Details,
    content: Content,
  ) {
    this.kind = kind;
    this.from = from;
    this.to = to;
    this.#details = details;
    this.content = content;
  }

  get id(): string {
    return this.#details.id;
  }

  get type(): string {
    return this.#details.type;
  }

  get lang(): string {
    return this.#details.lang;
  }

  /** Other attributes and prefix declarations of the start tag, ready to be written. */
  get extra(): string {
    return this.#details.extra;
  }

  /** The same stanza with another envelope. */
  with(change: Partial<Envelope>): Stanza {
    const { from, to, ...rest } = { from: this.from, to: this.to, ...this.#details, ...change };
    return new Stanza(this.kind, from, to, rest, this.content).accompanied(this);
  }

  /** The same stanza with the addresses that the server vouches for. */
  stamped(from: Jid, to: Jid | null): Stanza {
    return new Stanza(this.kind, from, to, this.#details, this.content).accompanied(this);
  }

  /** Lets it, and what is made of it, be delivered no sooner than that. */
  putBehind(earlier: Promise<unknown> | null): this {
    this.behind = earlier;
    return this;
  }

  /** Lets `store` be called where it, or what is made of it, is stored. */
  putAlongside(store: () => void): this {
    this.alongside = store;
    return this;
  }

  /** Goes the way of the stanza that it is made of. */
  accompanied({ behind, alongside }: Stanza): this {
    this.behind = behind;
    this.alongside = alongside;
    return this;
  }

  /** Makes the bytes outlive the parser's callback, for this stanza and all that share them. */
  keep(): this {
    this.content.keep();
    return this;
  }

  /** The same stanza without some direct children and with others behind the rest. */
  edit(change: { drop?: (child: FrameChild) => boolean; append?: readonly Element[] }): Stanza {
    const append = change.append?.map(serialize).join('') ?? '';
    const edited = spliceContent(this.content, {
      append,
      ...(change.drop && { drop: change.drop }),
    });
    const content = new Content(edited, false);
    return new Stanza(this.kind, this.from, this.to, this.#details, content).accompanied(this);
  }

  has(name: string, xmlns: string): boolean {
    return this.find(name, xmlns) !== undefined;
  }

  find(name: string, xmlns: string): FrameChild | undefined {
    return this.content.children.find((child) => child.name === name && child.xmlns === xmlns);
  }

  /** The first child of that name as a tree; null when there is none. */
  child(name: string, xmlns: string): Element | null {
    const child = this.find(name, xmlns);
    return child ? buildChild(this.content, child) : null;
  }

  /** The first child element, whatever it is; null when there is none. */
  payload(): Element | null {
    const child = this.content.children[0];
    return child ? buildChild(this.content, child) : null;
  }

  /** The start tag; `xmlns` is written where the stream does not say it (RFC 6120 §4.8.3). */
  head(xmlns = ''): string {
    let tag = xmlns ? `<${this.kind} xmlns='${xmlns}'` : `<${this.kind}`;
    if (this.to) tag += ` to='${this.to.attribute}'`;
    if (this.from) tag += ` from='${this.from.attribute}'`;
    if (this.type) tag += ` type='${escapeAttribute(this.type)}'`;
    if (this.id) tag += ` id='${escapeAttribute(this.id)}'`;
    if (this.lang) tag += ` xml:lang='${escapeAttribute(this.lang)}'`;
    return `${tag}${this.extra}>`;
  }

  /** All bytes behind the start tag; borrowed like `content.raw`. */
  get rest(): Buffer {
    return this.content.closedBy(END_TAGS[this.kind]);
  }

  /** The whole stanza as text, self-contained when `xmlns` is given. */
  toText(xmlns = ''): string {
    return this.head(xmlns) + this.rest.toString();
  }
}

const END_TAGS: Record<StanzaKind, Buffer> = {
  message: Buffer.from('</message>'),
  presence: Buffer.from('</presence>'),
  iq: Buffer.from('</iq>'),
};

/** A stanza whose `to` or `from` is no JID; `stanza` is the rest of it. */
export class MalformedStanzaError extends StanzaError {
  readonly stanza: Stanza;

  constructor(stanza: Stanza, text: string) {
    super('jid-malformed', text);
    this.stanza = stanza;
  }
}

export function isStanzaName(name: string): name is StanzaKind {
  return name === 'message' || name === 'presence' || name === 'iq';
}

/** Whether an IQ asks for an answer (RFC 6120 §8.2.3). */
export function isRequest(iq: Stanza): boolean {
  return iq.type === 'get' || iq.type === 'set';
}

/**
 * Reads a frame as a stanza of namespace `xmlns`. The content is borrowed from
 * the frame. `lang` is the stream's default, for stanzas that name none
 * (RFC 6120 §4.7.4). Throws `MalformedStanzaError`, and `StreamError` for content
 * that is not to be had in a bearable size.
 */
export function readStanza(frame: Frame, xmlns: string = NS.client, lang = ''): Stanza {
  let from: string | null = null;
  let to: string | null = null;
  let id = '';
  let type = '';
  let ownLang = lang;
  let others = false;
  for (const { name, valueStart, valueEnd } of frame.attributes) {
    switch (name) {
      // Addresses and types come again and again, so that they are worth remembering.
      case 'to':
        to = internAttribute(frame.raw, valueStart, valueEnd);
        break;
      case 'from':
        from = internAttribute(frame.raw, valueStart, valueEnd);
        break;
      case 'type':
        type = internAttribute(frame.raw, valueStart, valueEnd);
        break;
      case 'id':
        id = decodeAttribute(frame.raw, valueStart, valueEnd);
        break;
      case 'xml:lang':
        ownLang = decodeAttribute(frame.raw, valueStart, valueEnd);
        break;
      case 'xmlns':
        break;
      default:
        others = true;
    }
  }
  const extra = others ? extraAttributes(frame, ENVELOPE_ATTRIBUTES) : '';
  const content = needsRebuild(frame, xmlns)
    ? new Content(rebuild(frame), false)
    : new Content(frame, true);
  const kind = frame.name as StanzaKind;
  const details = { id, type, lang: ownLang, extra };
  try {
    const sender = from === null ? null : Jid.parse(from);
    const recipient = to === null ? null : Jid.parse(to);
    return new Stanza(kind, sender, recipient, details, content);
  } catch (error) {
    if (!(error instanceof JidError)) throw error;
    throw new MalformedStanzaError(new Stanza(kind, null, null, details, content), error.message);
  }
}

function rebuild(frame: Frame): FrameContent {
  try {
    return rebuildContent(frame);
  } catch (error) {
    if (error instanceof XmlError) throw new StreamError(error.condition, error.message);
    throw error;
  }
}

/** A stanza from the store, as `toText` wrote it there. */
export function readStoredStanza(text: string): Stanza {
  return readStanza(parseFrame(text)).keep();
}

/** A stanza that the server makes; children come as trees. */
export function makeStanza(
  kind: StanzaKind,
  envelope: Partial<Envelope>,
  children: readonly Element[] = [],
): Stanza {
  const { from = null, to = null, id = '', type = '', lang = '' } = envelope;
  const content = children.length === 0 ? NO_CONTENT : serializeContent(kind, children);
  return new Stanza(kind, from, to, { id, type, lang, extra: '' }, content);
}

function serializeContent(kind: StanzaKind, children: readonly Element[]): Content {
  let text = '';
  let offset = 0;
  const index: FrameChild[] = [];
  for (const child of children) {
    const piece = serialize(child);
    const length = Buffer.byteLength(piece);
    index.push({
      name: child.getName(),
      xmlns: child.getNS() ?? NS.client,
      start: offset,
      end: offset + length,
      contentStart: offset,
      contentEnd: offset,
      hasDeclarations: false,
    });
    text += piece;
    offset += length;
  }
  const raw = Buffer.from(`${text}</${kind}>`);
  return new Content({ raw, contentStart: 0, contentEnd: offset, children: index }, false);
}

/** The result of an IQ (RFC 6120 §8.2.3). */
export function makeResult(request: Stanza, payload: Element | null = null): Stanza {
  const { id, from, to } = request;
  const answer = { type: 'result', id, from: to, to: from };
  return makeStanza('iq', answer, payload ? [payload] : []);
}

/**
 * The error that answers a stanza (RFC 6120 §8.3), or null where none may:
 * errors and results are never answered with errors (§8.3.1, §8.2.3).
 */
export function makeError(stanza: Stanza, error: StanzaError): Stanza | null {
  if (stanza.type === 'error' || (stanza.kind === 'iq' && stanza.type === 'result')) return null;
  const { id, from, to } = stanza;
  return makeStanza(stanza.kind, { type: 'error', id, from: to, to: from }, [errorElement(error)]);
}

export function errorElement(error: StanzaError): Element {
  const element = new Element('error', { type: error.type });
  element.c(error.condition, { xmlns: NS.stanzaErrors });
  if (error.text) {
    element.c('text', { xmlns: NS.stanzaErrors, 'xml:lang': 'en' }).t(error.text);
  }
  if (error.application) element.cnode(elementOf(error.application));
  return element;
}

function elementOf(condition: ApplicationCondition): Element {
  return condition instanceof Element
    ? condition
    : new Element(condition.name, { xmlns: condition.xmlns });
}
