import { BYTE } from './byte-class.ts';
import { type StreamHeader, XmlError } from './frame.ts';
import { EMPTY_SCOPE, PrefixScope, type StreamScope } from './namespaces.ts';
import { type StartTag, skipSpace } from './start-tag.ts';
import { checkPrefixedAttributes, declareNamespaces } from './tag-namespaces.ts';
import { decodeAttribute } from './text.ts';

/** A stream whose header has been read. */
export interface OpenStream {
  readonly header: StreamHeader;
  readonly scope: StreamScope;
  /** Whether the root's start tag closes itself, so that the stream is over. */
  readonly isEmpty: boolean;
}

/** Reads the root's start tag. Throws `XmlError` for namespaces that are wrong. */
export function openStream(tag: StartTag, bytes: Buffer, base: number): OpenStream {
  const prefixes = new PrefixScope();
  const defaultXmlns = tag.hasDeclarations ? declareNamespaces(tag, bytes, base, prefixes, '') : '';
  const { text, prefix, local } = tag.name;
  const xmlns = prefix === '' ? defaultXmlns : prefixes.resolve(prefix, EMPTY_SCOPE);
  checkPrefixedAttributes(tag, prefixes, EMPTY_SCOPE);
  const attributes = decodeAttributes(tag, bytes, base);
  const declared = prefixes.all();
  return {
    header: { name: local, xmlns, prefix, defaultXmlns, attributes, prefixes: declared },
    scope: { defaultXmlns, prefixes: declared, rootName: text },
    isEmpty: tag.isSelfClosing,
  };
}

function decodeAttributes(tag: StartTag, bytes: Buffer, base: number): Map<string, string> {
  const attributes = new Map<string, string>();
  for (let i = 0; i < tag.count; i++) {
    const { kind, text } = tag.names[i]!;
    if (kind !== 'plain' && kind !== 'prefixed') continue;
    const [start, end] = [base + tag.valueStarts[i]!, base + tag.valueEnds[i]!];
    attributes.set(text, decodeAttribute(bytes, start, end));
  }
  return attributes;
}

/** Bytes of white space within the root's end tag. */
const MAX_SPACE = 64;

/**
 * Whether the root's end tag stands at `start`; false when bytes run out before
 * its end. Throws `XmlError` when it is another.
 */
export function hasRootEnd(bytes: Buffer, start: number, end: number, rootName: string): boolean {
  const name = Buffer.from(rootName);
  const nameStart = start + 2;
  for (let i = 0; i < name.length; i++) {
    if (nameStart + i === end) return false;
    if (bytes[nameStart + i] !== name[i]) throw mismatch();
  }
  const nameEnd = nameStart + name.length;
  const at = skipSpace(bytes, nameEnd, end);
  if (at - nameEnd > MAX_SPACE) throw new XmlError('policy-violation', 'A tag is too long');
  if (at < end && bytes[at] !== BYTE.greater) throw mismatch();
  return at < end;
}

function mismatch(): XmlError {
  return new XmlError('not-well-formed', 'An end tag matches no start tag');
}
