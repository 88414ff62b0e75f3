import type { PortableAccount } from '../../modules/transfer/portable-account.ts';
import { CliError } from '../failure.ts';

/** One account of a file, or why there is none. */
export interface Entry {
  /** Where it begins: `line 7`, in an included file `capulet.example.xml, line 7`. */
  readonly place: string;
  readonly account: PortableAccount | null;
  /** Why there is no account; '' otherwise. */
  readonly problem: string;
  /** Pieces that were left out already while reading. */
  readonly leftOut: readonly string[];
}

/** What reads a file of one format; the file is never in memory as a whole. */
export interface AccountReader {
  /** Throws `CliError` where the file cannot be read any further. */
  entries(): AsyncIterable<Entry>;
  /** What the file has that is not imported, and how often. */
  readonly ignored: Tally;
}

export function entryOf(place: string, account: PortableAccount, leftOut: string[] = []): Entry {
  return { place, account, problem: '', leftOut };
}

export function problemAt(place: string, problem: string): Entry {
  return { place, account: null, problem, leftOut: [] };
}

/** The file is broken from here on. */
export function broken(place: string, what: string): CliError {
  return new CliError(`${place}: ${what}. Nothing behind it was read.`);
}

/** The JID of a name that may be one already; null where no domain is known. */
export function jidOf(name: string, domain: string | null): string | null {
  if (name.includes('@')) return name;
  return domain === null ? null : `${name}@${domain}`;
}

export const NO_DOMAIN = 'the name has no domain; say which with --domain';

const MAX_NAMES = 100;

/** Counts by name; of names that a file makes up, so many and no more. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < MAX_NAMES ? name : 'others';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get all(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
