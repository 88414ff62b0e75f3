import { z } from 'zod';
import { type PortableAccount, portableAccount } from '../../modules/transfer/portable-account.ts';
import {
  type AccountReader,
  broken,
  type Entry,
  entryOf,
  jidOf,
  NO_DOMAIN,
  problemAt,
  Tally,
} from './entry.ts';
import { fileText } from './file-text.ts';

/** Characters of one line, and so of one account. */
const MAX_LINE = 4_194_304;

const KEYS = new Set(Object.keys(portableAccount.shape));

/** Accounts as `epode user export` writes them, one JSON object a line. */
export class JsonLinesReader implements AccountReader {
  readonly ignored = new Tally();
  readonly #path: string;
  readonly #domain: string | null;

  /** `domain` is that of names without one. */
  constructor(path: string, domain: string | null) {
    this.#path = path;
    this.#domain = domain;
  }

  async *entries(): AsyncGenerator<Entry> {
    let number = 1;
    for await (const line of linesOf(fileText(this.#path))) {
      if (line.trim() !== '') yield this.#entryOf(`line ${number}`, line);
      number++;
    }
  }

  #entryOf(place: string, line: string): Entry {
    const written = parseObject(line);
    if (!written) return problemAt(place, 'it is no JSON object');
    const { name, ...rest } = written;
    const known = Object.entries(rest).filter(([key]) => this.#isKnown(key));
    const jid = jidOf(String(rest.jid ?? name ?? ''), this.#domain);
    if (jid === null) return problemAt(place, NO_DOMAIN);
    const checked = portableAccount.safeParse({ ...Object.fromEntries(known), jid });
    if (!checked.success) return problemAt(place, z.prettifyError(checked.error).split('\n')[0]!);
    return entryOf(place, checked.data satisfies PortableAccount);
  }

  #isKnown(key: string): boolean {
    if (KEYS.has(key)) return true;
    this.ignored.add(`key "${key.slice(0, 100)}"`);
    return false;
  }
}

/** Null for what is no object. */
function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  let number = 1;
  for await (const piece of pieces) {
    const [first = '', ...others] = piece.split('\n');
    parts.push(first);
    length += first.length;
    for (const other of others) {
      yield parts.join('');
      parts = [other];
      length = other.length;
      number++;
    }
    if (length > MAX_LINE) throw broken(`line ${number}`, `it has over ${MAX_LINE} characters`);
  }
  yield parts.join('');
}
