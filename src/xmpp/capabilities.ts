import { createHash } from 'node:crypto';
import type { Element } from '../xml/element.ts';
import { attr, element, optional } from './codec.ts';
import { string } from './codec-values.ts';
import type { DiscoIdentity, DiscoInfo } from './disco-info.ts';
import { StanzaError } from './errors.ts';
import { type DataForm, dataForm, FORM_TYPE } from './forms.ts';

export const NS_CAPABILITIES = 'http://jabber.org/protocol/caps';

/** What presence or a stream feature says of capabilities (XEP-0115 §4). */
export const announcement = element(NS_CAPABILITIES, 'c', {
  /** Absent before version 1.4 (§13). */
  hash: optional(attr(string)),
  node: optional(attr(string)),
  ver: optional(attr(string)),
});

/** Names of IANA's registry of textual names of hash functions, and what `node:crypto` calls them. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-1', 'sha1'],
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/** Whether a set can be checked against a hash of that name. */
export function isKnownHash(name: string | undefined): name is string {
  return name !== undefined && HASHES.has(name);
}

/**
 * The value of `ver` (XEP-0115 §5.1); null for a set that is ill-formed (§5.4).
 * Throws a `RangeError` for a hash that is not known.
 */
export function verOf(info: DiscoInfo, hash: string): string | null {
  const algorithm = HASHES.get(hash);
  if (algorithm === undefined) throw new RangeError(`unknown hash ${hash}`);
  const text = verificationString(info);
  return text === null ? null : createHash(algorithm).update(text).digest('base64');
}

/** What is hashed: the S of XEP-0115 §5.1; null for a set that is ill-formed (§5.4). */
export function verificationString(info: DiscoInfo): string | null {
  const identities = info.identities.map(partsOf);
  const forms = typedForms(info.forms);
  if (!forms || hasDuplicates(info.features)) return null;
  if (hasDuplicates(identities.map(keyOf))) return null;
  const pieces = [
    ...sorted(identities, keyOf).map((parts) => parts.join('/')),
    ...sorted(info.features),
    ...forms.flatMap(piecesOf),
  ];
  return pieces.map((piece) => `${piece}<`).join('');
}

/**
 * Whether a set whose hash is right may be believed of everybody who shows that
 * hash. S does not tell where one of its parts ends and the next begins, so the
 * same S can be read as another set. What is refused:
 * - `<` in a name or value, which may hide any number of pieces in one;
 * - an identity that a feature could be mistaken for, such as `http://x`;
 * - a form whose FORM_TYPE sorts behind all features. With it, the last features
 *   of an honest client could be passed off as a form, and so be taken from it.
 */
export function isUnambiguous({ identities, features, forms }: DiscoInfo): boolean {
  const typed = typedForms(forms);
  if (!typed || identities.length === 0 || !identities.every(isPlain)) return false;
  const pieces = [...identities.flatMap(partsOf), ...features, ...typed.flatMap(piecesOf)];
  if (pieces.some((piece) => piece.includes('<'))) return false;
  const first = typed[0];
  return !first || sorted([...features, first.type]).at(-1) !== first.type;
}

function isPlain({ category, type, lang = '' }: DiscoIdentity): boolean {
  return category !== '' && type !== '' && ![category, type, lang].some((part) => /\//.test(part));
}

function partsOf({ category, type, lang = '', name = '' }: DiscoIdentity): string[] {
  return [category, type, lang, name];
}

/** Sorts and compares as the parts do one by one: no XML has a NUL. */
function keyOf(parts: readonly string[]): string {
  return parts.join('\0');
}

interface TypedForm {
  /** The value of its FORM_TYPE. */
  readonly type: string;
  readonly fields: readonly (readonly [name: string, values: readonly string[]])[];
}

/** The forms that count, sorted; null where one of all makes the set ill-formed (§5.4). */
function typedForms(elements: readonly Element[]): TypedForm[] | null {
  const all = elements.map(readForm);
  if (all.includes('ill-formed')) return null;
  const typed = all.filter((form) => typeof form === 'object');
  if (hasDuplicates(typed.map(({ type }) => type))) return null;
  return sorted(
    typed.filter(({ isHidden }) => isHidden),
    ({ type }) => type,
  );
}

type ReadForm = (TypedForm & { isHidden: boolean }) | 'untyped' | 'ill-formed';

function readForm(source: Element): ReadForm {
  const form = decodeForm(source);
  if (!form) return 'ill-formed';
  const isType = (field: { var?: string | undefined }) => field.var === FORM_TYPE;
  const typeFields = form.fields.filter(isType);
  const types = new Set(typeFields.flatMap(({ values }) => values));
  if (types.size > 1) return 'ill-formed';
  const [type] = types;
  if (type === undefined) return 'untyped';
  const fields = form.fields
    .filter((field) => !isType(field))
    .map(({ var: name = '', values }) => [name, sorted(values)] as const);
  return {
    type,
    fields: sorted(fields, ([name]) => name),
    isHidden: typeFields.every((field) => field.type === 'hidden'),
  };
}

function decodeForm(source: Element): DataForm | null {
  try {
    return dataForm.decode(source);
  } catch (error) {
    if (error instanceof StanzaError) return null;
    throw error;
  }
}

function piecesOf({ type, fields }: TypedForm): string[] {
  return [type, ...fields.flatMap(([name, values]) => [name, ...values])];
}

function hasDuplicates(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}

/** In the collation i;octet (RFC 4790 §9.3), which differs from JavaScript's beyond U+FFFF. */
function sorted(values: readonly string[]): string[];
function sorted<T>(values: readonly T[], by: (value: T) => string): T[];
function sorted<T>(values: readonly T[], by: (value: T) => string = String): T[] {
  return values
    .map((value) => ({ value, key: Buffer.from(by(value)) }))
    .sort((one, other) => Buffer.compare(one.key, other.key))
    .map(({ value }) => value);
}
