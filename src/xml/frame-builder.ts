import { isUtf8 } from 'node:buffer';
import {
  type Frame,
  type FrameAttribute,
  type FrameChild,
  XmlError,
  type XmlLimits,
} from './frame.ts';
import { PrefixScope, type StreamScope } from './namespaces.ts';
import type { StartTag } from './start-tag.ts';
import { checkPrefixedAttributes, declareNamespaces } from './tag-namespaces.ts';

/** Of the root of XMPP's streams (RFC 6120 §4.8.1). */
const STREAM_NAMESPACE = 'http://etherx.jabber.org/streams';
const NO_ATTRIBUTES: readonly FrameAttribute[] = [];
const NO_CHILDREN: FrameChild[] = [];

/** The open elements of one frame, and what is known about it so far. */
export class FrameBuilder {
  /** How many elements are open; the frame itself is at depth 1. */
  depth = 0;
  hasText = false;
  private elements = 0;
  private readonly scope = new PrefixScope();
  // By depth, relative to the frame's base.
  private readonly nameStarts: number[] = [0];
  private readonly nameEnds: number[] = [0];
  private readonly defaults: string[] = [''];
  private readonly scopeSizes: number[] = [0];

  private name = '';
  private xmlns = '';
  private attributes = NO_ATTRIBUTES;
  private children = NO_CHILDREN;
  private contentStart = 0;
  private contentEnd = 0;

  // The direct child that is open.
  private childName = '';
  private childXmlns = '';
  private childStart = 0;
  private childContentStart = 0;
  private hasChildDeclarations = false;

  clear(): void {
    this.depth = 0;
    this.hasText = false;
    this.elements = 0;
    this.scope.clear();
    this.attributes = NO_ATTRIBUTES;
    this.children = NO_CHILDREN;
  }

  /** Opens the element of a start tag between `start` and `end`. Throws `XmlError`. */
  open(
    tag: StartTag,
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    limits: XmlLimits,
    stream: StreamScope,
  ): void {
    const { scope } = this;
    const depth = ++this.depth;
    if (depth > limits.depth) throw new XmlError('policy-violation', 'Elements nest too deep');
    if (++this.elements > limits.elements) {
      throw new XmlError('policy-violation', 'Too many elements in one stanza');
    }
    const { text, prefix, local } = tag.name;
    if (depth === 1 && text === stream.rootName) {
      // It would be read as a stanza without an end (RFC 6120 §4.3.3 restarts only after a step).
      throw new XmlError('bad-format', 'The stream is opened again');
    }
    this.nameStarts[depth] = start + 1;
    this.nameEnds[depth] = start + 1 + tag.nameLength;
    this.scopeSizes[depth] = scope.size;
    let defaultXmlns = depth === 1 ? stream.defaultXmlns : this.defaults[depth - 1]!;
    if (tag.hasDeclarations) {
      defaultXmlns = declareNamespaces(tag, bytes, base, scope, defaultXmlns);
    }
    this.defaults[depth] = defaultXmlns;
    const xmlns = text === local ? defaultXmlns : scope.resolve(prefix, stream);
    if (tag.prefixedCount > 0) checkPrefixedAttributes(tag, scope, stream);
    if (depth === 1) this.openFrame(tag, local, xmlns, end);
    else if (depth === 2) this.openChild(tag, local, xmlns, start, end);
    if (tag.isSelfClosing) this.close(end, end);
  }

  private openFrame(tag: StartTag, name: string, xmlns: string, end: number): void {
    // It would swallow all that follows: its end is the stream's.
    if (name === 'stream' && xmlns === STREAM_NAMESPACE) {
      throw new XmlError('bad-format', 'A stream header stands within the stream');
    }
    this.name = name;
    this.xmlns = xmlns;
    this.contentStart = end;
    this.attributes = tag.attributes();
    this.children = [];
  }

  private openChild(tag: StartTag, name: string, xmlns: string, start: number, end: number): void {
    this.childName = name;
    this.childXmlns = xmlns;
    this.childStart = start;
    this.childContentStart = end;
    this.hasChildDeclarations = tag.hasDeclarations;
  }

  /**
   * Where the innermost element's name ends in an end tag whose name begins at
   * `at`, or -1 when bytes run out before. Throws `XmlError` for another name.
   */
  matchName(bytes: Buffer, base: number, at: number, end: number): number {
    const nameStart = base + this.nameStarts[this.depth]!;
    const length = base + this.nameEnds[this.depth]! - nameStart;
    for (let i = 0; i < length; i++) {
      if (at + i === end) return -1;
      if (bytes[at + i] !== bytes[nameStart + i]) {
        throw new XmlError('not-well-formed', 'An end tag matches no start tag');
      }
    }
    return at + length;
  }

  /** Closes the innermost element, whose content and whose end tag end there. */
  close(contentEnd: number, end: number): void {
    const depth = this.depth--;
    this.scope.leave(this.scopeSizes[depth]!);
    if (depth === 1) this.contentEnd = contentEnd;
    if (depth !== 2) return;
    this.children.push({
      name: this.childName,
      xmlns: this.childXmlns,
      start: this.childStart,
      end,
      contentStart: this.childContentStart,
      contentEnd,
      hasDeclarations: this.hasChildDeclarations,
    });
  }

  /** The frame that has been closed. Throws `XmlError` when its bytes are not UTF-8. */
  finish(raw: Buffer): Frame {
    if (!isUtf8(raw)) throw new XmlError('not-well-formed', 'The bytes are not UTF-8');
    return {
      name: this.name,
      xmlns: this.xmlns,
      raw,
      attributes: this.attributes,
      children: this.children,
      contentStart: this.contentStart,
      contentEnd: this.contentEnd,
      defaultXmlns: this.defaults[1]!,
      streamPrefixes: this.scope.takeUsed(),
      hasText: this.hasText,
    };
  }
}
