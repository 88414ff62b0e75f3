import { BYTE, CLASS, NAME, NAME_START, SPACE, STOPS_VALUE, skipUntil } from './byte-class.ts';
import { type FrameAttribute, XmlError, type XmlLimits } from './frame.ts';
import { hashByte } from './intern-table.ts';
import { internName, type QualifiedName } from './qualified-name.ts';
import { skipLastPlane0, skipReference } from './references.ts';

const NO_NAME: QualifiedName = { text: '', prefix: '', local: '', kind: 'plain', hash: 0 };

/**
 * Reads one start tag at a time and holds what it found until `clear`. Offsets
 * are relative to the base of the frame. When bytes run out within a tag, what
 * has been read of it is not read again.
 */
export class StartTag {
  name: QualifiedName = NO_NAME;
  /** Bytes of the name. */
  nameLength = 0;
  isSelfClosing = false;
  /** Attributes, namespace declarations included. */
  count = 0;
  hasDeclarations = false;
  /** Prefixed attributes; declarations do not count. */
  prefixedCount = 0;
  readonly names: QualifiedName[] = [];
  readonly nameStarts: number[] = [];
  readonly valueStarts: number[] = [];
  readonly valueEnds: number[] = [];
  private resumeAt = 0;
  private isInValue = false;

  /** The attributes that were read, declarations included. */
  attributes(): FrameAttribute[] {
    const attributes: FrameAttribute[] = [];
    for (let i = 0; i < this.count; i++) {
      const valueEnd = this.valueEnds[i]!;
      attributes.push({
        name: this.names[i]!.text,
        start: this.nameStarts[i]!,
        end: valueEnd + 1,
        valueStart: this.valueStarts[i]!,
        valueEnd,
      });
    }
    return attributes;
  }

  /** To be called before a tag whose '<' is at `start` is scanned. */
  begin(start: number): void {
    this.name = NO_NAME;
    this.count = 0;
    this.hasDeclarations = false;
    this.prefixedCount = 0;
    this.resumeAt = start + 1;
    this.isInValue = false;
  }

  /**
   * Goes on behind what it has read; returns the index behind '>', or -1 when
   * bytes run out. Throws `XmlError`.
   */
  scan(bytes: Buffer, base: number, end: number, limits: XmlLimits): number {
    let at = base + this.resumeAt;
    if (this.name === NO_NAME) {
      at = this.scanElementName(bytes, at, end);
      if (at === -1) return -1;
      this.resumeAt = at - base;
    }
    for (;;) {
      if (!this.isInValue) {
        const gap = at;
        at = skipSpace(bytes, at, end);
        if (at === end) return -1;
        const byte = bytes[at]!;
        if (byte === BYTE.greater || byte === BYTE.slash) return this.close(bytes, at, end);
        if (at === gap) throw malformed('Attributes are not separated by white space');
        at = this.scanAttributeName(bytes, base, at, end, limits);
        if (at === -1) return -1;
      }
      at = this.scanValue(bytes, base, at, end);
      if (at === -1) return -1;
    }
  }

  private close(bytes: Buffer, at: number, end: number): number {
    this.isSelfClosing = bytes[at] === BYTE.slash;
    if (!this.isSelfClosing) return at + 1;
    if (at + 1 === end) return -1;
    if (bytes[at + 1] !== BYTE.greater) throw malformed('A slash stands within a tag');
    return at + 2;
  }

  private scanElementName(bytes: Buffer, start: number, end: number): number {
    if (start === end) return -1;
    const name = scanName(bytes, start, end);
    if (name === null) return -1;
    if (name.prefix === 'xmlns') throw malformed('An element has the prefix xmlns');
    this.name = name;
    this.nameLength = nameEnd - start;
    return nameEnd;
  }

  /** Returns the index of the value's first byte. */
  private scanAttributeName(
    bytes: Buffer,
    base: number,
    start: number,
    end: number,
    limits: XmlLimits,
  ): number {
    const name = scanName(bytes, start, end);
    if (name === null) return -1;
    let at = skipSpace(bytes, nameEnd, end);
    if (at === end) return -1;
    if (bytes[at] !== BYTE.equals) throw malformed('An attribute has no value');
    at = skipSpace(bytes, at + 1, end);
    if (at === end) return -1;
    const quote = bytes[at];
    if (quote !== BYTE.doubleQuote && quote !== BYTE.singleQuote) {
      throw malformed('A value is not quoted');
    }
    this.add(name, start - base, at + 1 - base, limits);
    this.isInValue = true;
    this.resumeAt = at + 1 - base;
    return at + 1;
  }

  private add(name: QualifiedName, start: number, valueStart: number, limits: XmlLimits): void {
    const index = this.count;
    if (index >= limits.attributes) throw new XmlError('policy-violation', 'Too many attributes');
    for (let i = 0; i < index; i++) {
      const other = this.names[i]!;
      if (other === name || (other.hash === name.hash && other.text === name.text)) {
        throw malformed('An attribute appears twice');
      }
    }
    this.names[index] = name;
    this.nameStarts[index] = start;
    this.valueStarts[index] = valueStart;
    this.count = index + 1;
    if (name.kind === 'prefixed') this.prefixedCount++;
    else if (name.kind !== 'plain') this.hasDeclarations = true;
  }

  /** Returns the index behind the closing quote. */
  private scanValue(bytes: Buffer, base: number, start: number, end: number): number {
    const index = this.count - 1;
    const quote = bytes[base + this.valueStarts[index]! - 1]!;
    let at = start;
    while (at !== -1) {
      this.resumeAt = at - base;
      at = skipUntil(STOPS_VALUE, bytes, at, end);
      if (at === end) {
        this.resumeAt = at - base;
        return -1;
      }
      const byte = bytes[at]!;
      if (byte === quote) {
        this.valueEnds[index] = at - base;
        this.isInValue = false;
        this.resumeAt = at + 1 - base;
        return at + 1;
      }
      this.resumeAt = at - base;
      at = skipInValue(bytes, at, end);
    }
    return -1;
  }
}

/** Passes a byte that is not plain; -1 when more bytes are needed to judge. */
function skipInValue(bytes: Buffer, at: number, end: number): number {
  switch (bytes[at]) {
    case BYTE.ampersand:
      return skipReference(bytes, at, end);
    case BYTE.lastPlane0:
      return skipLastPlane0(bytes, at, end);
    case BYTE.singleQuote:
    case BYTE.doubleQuote:
      return at + 1;
    default:
      throw malformed('A value holds a forbidden character');
  }
}

// Where the name that `scanName` returned ends; a second result without an object.
let nameEnd = 0;

/** Null when bytes run out before the name's end. */
function scanName(bytes: Buffer, start: number, end: number): QualifiedName | null {
  if ((CLASS[bytes[start]!]! & NAME_START) === 0) throw malformed('A name is missing in a tag');
  let hash = 0;
  let at = start;
  while (at < end && (CLASS[bytes[at]!]! & NAME) !== 0) hash = hashByte(hash, bytes[at++]!);
  if (at === end) return null;
  nameEnd = at;
  return internName(bytes, start, at, hash);
}

/** The index of the first byte from `at` on that is no white space, or `end`. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  let next = at;
  while (next < end && (CLASS[bytes[next]!]! & SPACE) !== 0) next++;
  return next;
}

function malformed(text: string): XmlError {
  return new XmlError('not-well-formed', text);
}
