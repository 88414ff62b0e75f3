import { isUtf8 } from 'node:buffer';
import { XmlError } from './frame.ts';
import { InternTable } from './intern-table.ts';

/** What a name as written means to Namespaces in XML. */
export type NameKind = 'plain' | 'prefixed' | 'default-declaration' | 'prefix-declaration';

/** A name of an element or attribute, taken apart once. */
export interface QualifiedName {
  /** As written. */
  readonly text: string;
  /** '' when there is none. */
  readonly prefix: string;
  readonly local: string;
  readonly kind: NameKind;
  readonly hash: number;
}

// Name characters of XML 1.0 (fifth edition) §2.3 without the colon.
const NAME_START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}' +
  '\\u{200C}\\u{200D}\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}' +
  '\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const NAME = `${NAME_START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}`;
const NC_NAME = `[${NAME_START}][${NAME}]*`;
const QUALIFIED_NAME = new RegExp(`^(?:(${NC_NAME}):)?(${NC_NAME})$`, 'u');

const names = new InternTable(4096, parseName);

/**
 * The name in those bytes, which are of class NAME and have that hash. A name
 * seen before costs no allocation. Throws `XmlError` when it is no qualified
 * name (Namespaces in XML 1.0 §4).
 */
export function internName(bytes: Buffer, start: number, end: number, hash: number): QualifiedName {
  return names.get(bytes, start, end, hash);
}

function parseName(bytes: Buffer, hash: number): QualifiedName {
  const parts = isUtf8(bytes) ? QUALIFIED_NAME.exec(bytes.toString()) : null;
  if (!parts) throw new XmlError('not-well-formed', 'A name is not a qualified name');
  const text = parts[0];
  const prefix = parts[1] ?? '';
  return { text, prefix, local: parts[2]!, kind: kindOf(text, prefix), hash };
}

function kindOf(text: string, prefix: string): NameKind {
  if (text === 'xmlns') return 'default-declaration';
  if (prefix === 'xmlns') return 'prefix-declaration';
  return prefix === '' ? 'plain' : 'prefixed';
}
