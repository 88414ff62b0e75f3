import type { XmlDocument } from '../../xml/document.ts';
import type { BodyHeader } from './body.ts';
import type { Reply } from './reply.ts';

/** A response that the client seems not to have got (XEP-0124 §9.2). */
export interface Missing {
  readonly rid: number;
  /** Milliseconds since it was sent. */
  readonly age: number;
}

/** One request of a session, from its coming to its answer. */
export class BoshRequest {
  readonly header: BodyHeader;
  /** Its payloads, as far as they are not read yet. */
  readonly document: XmlDocument;
  /** Whether it brings nothing (§11): to ask for a new stream is something. */
  readonly isEmpty: boolean;
  /** Where its answer goes; another one where the client has sent it again. */
  reply: Reply;
  /** Whether all that it brought is handed on. */
  isRead = false;
  /** When its `wait` began, on the deadlines' own time. */
  since = 0;
  missing: Missing | null = null;

  constructor(header: BodyHeader, document: XmlDocument, reply: Reply) {
    this.header = header;
    this.document = document;
    this.reply = reply;
    this.isEmpty = document.isEmpty && !header.isRestart;
  }

  /** Whether the client may send it over and above what it may have under way (§11). */
  get isExtra(): boolean {
    return this.header.isTerminating || this.header.pause !== null;
  }
}
