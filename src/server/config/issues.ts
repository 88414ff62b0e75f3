import type { ZodType, z } from 'zod';
import type { ConfigDocument } from './document.ts';
import type { ConfigProblem } from './problems.ts';
import { type KeyPath, knownKeys, schemaAt } from './schema-walk.ts';
import { isSecret } from './secret.ts';
import { suggestionHint } from './suggest.ts';

type Issue = z.core.$ZodIssue;

const EXPECTED: ReadonlyMap<string, string> = new Map([
  ['object', 'a section (indented keys)'],
  ['record', 'a section (indented keys)'],
  ['array', 'a list'],
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
]);

const BOOLEAN_WORDS: ReadonlyMap<unknown, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['no', false],
  ['off', false],
  ['false', false],
]);

/** What a checked value is, and where its parts stand in the file. */
export interface Checked {
  readonly schema: ZodType;
  readonly document: ConfigDocument;
  /** Where the value's part at `path` is written; the most likely place first. */
  place(path: KeyPath): KeyPath;
}

/** Says what a schema found in the words of the configuration file. */
export function explainIssues(issues: readonly Issue[], checked: Checked): ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(key, issue.path, checked))
      : [wrongValue(issue, checked)],
  );
}

/** `listeners[0].port`, `hosts."a.example".signIn` */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    const shown = name.includes('.') ? `"${name}"` : name;
    return text === '' ? shown : `${text}.${shown}`;
  }, '');
}

function unknownKey(key: string, path: KeyPath, checked: Checked): ConfigProblem {
  const known = knownKeys(schemaAt(checked.schema, path));
  const place = checked.place([...path, key]);
  return checked.document.atKey(place, `unknown key "${key}"`, suggestionHint(key, known));
}

function wrongValue(issue: Issue, checked: Checked): ConfigProblem {
  const place = checked.place(issue.path);
  const name = formatPath(place);
  if (!checked.document.has(place)) {
    return checked.document.atKey(place, `${name} is missing`);
  }
  const schema = schemaAt(checked.schema, issue.path);
  const got = schema && isSecret(schema) ? 'this' : describe(issue.input);
  return checked.document.atValue(place, `${name} ${demand(issue, got)}`, hintFor(issue));
}

function demand(issue: Issue, got: string): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${EXPECTED.get(issue.expected) ?? issue.expected}, not ${got}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}, not ${got}`;
    case 'too_small':
      return `must ${atLeast(issue)}`;
    case 'too_big':
      return `must ${atMost(issue)}`;
    case 'invalid_union':
      return `must be ${alternatives(issue)}, not ${got}`;
    case 'custom':
      return issue.message;
    default:
      return `is not right: ${issue.message}`;
  }
}

function hintFor(issue: Issue): string {
  if (issue.code === 'custom') return String(issue.params?.hint ?? '');
  if (issue.code === 'invalid_value' && typeof issue.input === 'string') {
    const meant = suggestionHint(issue.input, issue.values.map(String));
    return meant.startsWith('did you mean') ? meant : '';
  }
  return issue.code === 'invalid_type' ? typeHint(issue.expected, issue.input) : '';
}

function typeHint(expected: string, input: unknown): string {
  const word = BOOLEAN_WORDS.get(typeof input === 'string' ? input.toLowerCase() : input);
  if (expected === 'boolean' && word !== undefined) return `write ${word}`;
  const isNumber = typeof input === 'string' && /^\d+$/.test(input);
  if ((expected === 'number' || expected === 'int') && isNumber) return 'remove the quotes';
  if (expected === 'string' && typeof input === 'number') return 'put it between quotes';
  return expected === 'array' ? 'begin each entry with "- "' : '';
}

function atLeast(issue: Extract<Issue, { code: 'too_small' }>): string {
  if (issue.origin === 'array') return `have at least ${count(issue.minimum, 'entry', 'entries')}`;
  if (issue.origin === 'string') return 'not be empty';
  return `be at least ${issue.minimum}`;
}

function atMost(issue: Extract<Issue, { code: 'too_big' }>): string {
  if (issue.origin === 'array') return `have at most ${count(issue.maximum, 'entry', 'entries')}`;
  if (issue.origin === 'string') return `be no longer than ${issue.maximum} characters`;
  return `be at most ${issue.maximum}`;
}

function alternatives(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const found = issue.errors.flatMap((branch) => branch.slice(0, 1).map(alternative));
  return [...new Set(found)].join(' or ') || 'something else';
}

function alternative(issue: Issue): string {
  if (issue.code === 'invalid_value') return oneOf(issue.values);
  if (issue.code === 'invalid_type') return EXPECTED.get(issue.expected) ?? issue.expected;
  return issue.message;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section';
  if (typeof value === 'string') return `the text "${value.slice(0, 40)}"`;
  return String(value);
}

function count(amount: number | bigint, one: string, many: string): string {
  return `${amount} ${Number(amount) === 1 ? one : many}`;
}
