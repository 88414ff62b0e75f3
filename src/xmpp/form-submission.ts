import { boolean, jid } from './codec-values.ts';
import { StanzaError } from './errors.ts';
import { type DataForm, type FieldType, FORM_TYPE, type FormField } from './forms.ts';
import type { Jid } from './jid.ts';

type FieldValue = boolean | string | Jid | readonly string[] | readonly Jid[] | null;

/**
 * What somebody entered in a form, by the `var` of its fields. Each `get` returns
 * undefined for a field that was left out, which keeps its value (XEP-0004 §3.5).
 */
export class Submission {
  readonly #values: ReadonlyMap<string, FieldValue>;

  constructor(values: ReadonlyMap<string, FieldValue>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Of a field of type boolean; one without a value is false. */
  getBoolean(name: string): boolean | undefined {
    return this.#values.get(name) as boolean | undefined;
  }

  /** Of a text-single or text-private, '' when it was emptied; of a text-multi, its lines with \n between. */
  getText(name: string): string | undefined {
    return this.#values.get(name) as string | undefined;
  }

  /** Of a list-single; null when nothing was chosen. */
  getChoice(name: string): string | null | undefined {
    return this.#values.get(name) as string | null | undefined;
  }

  /** Of a list-multi or hidden field, each once. */
  getChoices(name: string): readonly string[] | undefined {
    return this.#values.get(name) as readonly string[] | undefined;
  }

  /** Of a jid-single; null when it was emptied. */
  getJid(name: string): Jid | null | undefined {
    return this.#values.get(name) as Jid | null | undefined;
  }

  /** Of a jid-multi, each once. */
  getJids(name: string): readonly Jid[] | undefined {
    return this.#values.get(name) as readonly Jid[] | undefined;
  }
}

/**
 * Reads a form that was submitted against the one that was offered, whose types
 * hold (XEP-0004 §3.2); unknown fields are ignored (§3.1). Null when it was
 * cancelled. Throws `StanzaError`: bad-request for what is no such form,
 * not-acceptable for a value that is none or one that is missing (§4).
 */
export function readSubmission(offered: DataForm, submitted: DataForm): Submission | null {
  if (submitted.type === 'cancel') return null;
  if (submitted.type !== 'submit') throw badRequest('the form is not of type submit');
  const known = new Map(offered.fields.map((field) => [field.var, field]));
  const values = new Map<string, FieldValue>();
  for (const { var: name, values: written } of submitted.fields) {
    const field = known.get(name);
    if (name === undefined || !field || field.type === 'fixed') continue;
    if (values.has(name)) throw badRequest(`${name} is there twice`);
    values.set(name, readValues(field, name, written));
  }
  for (const field of offered.fields) assertFilled(field, values);
  return new Submission(values);
}

function readValues(field: FormField, name: string, written: readonly string[]): FieldValue {
  if (name === FORM_TYPE && written.join() !== field.values.join()) {
    throw badRequest(`${name} is not ${field.values.join()}`);
  }
  const type = field.type ?? 'text-single';
  if (written.length > 1 && !HAVE_MANY.has(type)) throw badRequest(`${name} has several values`);
  return READERS[type](written, field, name);
}

/** The types with more than one value (XEP-0004 §3.2). */
const HAVE_MANY: ReadonlySet<FieldType> = new Set([
  'list-multi',
  'jid-multi',
  'text-multi',
  'hidden',
]);

type Reader = (written: readonly string[], field: FormField, name: string) => FieldValue;

/** XEP-0004 §3.3. A field without a value, or with an empty one, was emptied (§3.6). */
const READERS: Readonly<Record<FieldType, Reader>> = {
  boolean: ([value = ''], _, name) => value !== '' && parsed(boolean.parse(value), name),
  fixed: () => null,
  hidden: (values) => values,
  'jid-multi': (values, _, name) => uniqueJids(filled(values), name),
  'jid-single': ([value = ''], _, name) => (value === '' ? null : parsed(jid.parse(value), name)),
  'list-multi': (values, field, name) =>
    [...new Set(filled(values))].map((value) => chosen(value, field, name)),
  'list-single': ([value = ''], field, name) =>
    value === '' && !isOption(value, field) ? null : chosen(value, field, name),
  'text-multi': (values) => values.join('\n').replace(/\r\n?/g, '\n'),
  'text-private': ([value = ''], _, name) => singleLine(value, name),
  'text-single': ([value = ''], _, name) => singleLine(value, name),
};

function filled(values: readonly string[]): string[] {
  return values.filter((value) => value !== '');
}

function uniqueJids(values: readonly string[], name: string): Jid[] {
  const jids = new Map<string, Jid>();
  for (const value of values) {
    const each = parsed(jid.parse(value), name);
    jids.set(each.toString(), each);
  }
  return [...jids.values()];
}

function chosen(value: string, field: FormField, name: string): string {
  if (field.isOpen || isOption(value, field)) return value;
  throw notAcceptable(`${name} has a value that is none of its options`);
}

function isOption(value: string, { options }: FormField): boolean {
  return options.some((option) => option.value === value);
}

function singleLine(value: string, name: string): string {
  if (!/[\r\n]/.test(value)) return value;
  throw notAcceptable(`${name} has more than one line`);
}

function parsed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw notAcceptable(`${name} has no valid value`);
  return value;
}

function assertFilled(field: FormField, values: ReadonlyMap<string, FieldValue>): void {
  if (!field.isRequired || field.var === undefined) return;
  const value = values.get(field.var);
  const isEmpty = value === undefined || value === null || value === '';
  if (isEmpty || (Array.isArray(value) && value.length === 0)) {
    throw notAcceptable(`${field.var} is required`);
  }
}

function badRequest(reason: string): StanzaError {
  return new StanzaError('bad-request', reason);
}

function notAcceptable(reason: string): StanzaError {
  return new StanzaError('not-acceptable', reason);
}
