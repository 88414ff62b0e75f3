import {
  BusyError,
  type Client,
  type Entry,
  Filter,
  ResultCodeError,
  UnavailableError,
} from 'ldapts';
import { accountName } from '../stream/sasl/username.ts';
import type { Gate } from './gate.ts';
import { LdapPool } from './ldap-pool.ts';
import { type AccountSource, type LdapSettings, SourceError } from './ports.ts';

/** Stands for the name in an operator's filter. */
const NAME = '{name}';
/** A filter that finds more than this is none for one account. */
const MAX_ENTRIES = 5;

/**
 * The accounts of a directory (RFC 4511). A search finds the entry of a name; whoever can
 * bind as that entry has its password.
 */
export class LdapSource implements AccountSource {
  readonly type = 'ldap';
  readonly #settings: LdapSettings;
  readonly #gate: Gate;
  readonly #pool: LdapPool;

  constructor(settings: LdapSettings, gate: Gate, now: () => number) {
    this.#settings = settings;
    this.#gate = gate;
    this.#pool = new LdapPool(settings, now);
  }

  async verify(local: string, password: string): Promise<boolean> {
    // To bind without a password is to bind as nobody, which succeeds (RFC 4513 §5.1.2).
    if (password === '') return false;
    return await this.#ask(async (client) => {
      const dn = await this.#find(client, local);
      return dn !== null && (await canBind(client, dn, password));
    });
  }

  async exists(local: string): Promise<boolean> {
    return await this.#ask(async (client) => (await this.#find(client, local)) !== null);
  }

  close(): void {
    this.#pool.close();
  }

  #ask<T>(task: (client: Client) => Promise<T>): Promise<T> {
    return this.#gate.run((signal) => this.#pool.use(signal, task));
  }

  /** The distinguished name of the one entry; null for none. */
  async #find(client: Client, local: string): Promise<string | null> {
    const { bindDn, password, base, filter, attribute } = this.#settings;
    // Also without a name of its own: the connection may be bound as somebody.
    await client.bind(bindDn, password);
    const { searchEntries } = await client.search(base, {
      scope: 'sub',
      filter: filter.replaceAll(NAME, () => Filter.escape(local)),
      attributes: [attribute],
      sizeLimit: MAX_ENTRIES,
    });
    // Directories compare in their own ways, and a filter may be too wide.
    const own = searchEntries.filter((entry) => namesOf(entry, attribute).includes(local));
    if (own.length > 1) throw new SourceError('the filter finds several entries for one name');
    return own[0]?.dn ?? null;
  }
}

/** A directory that answers at all knows; only one that has no time for it does not. */
async function canBind(client: Client, dn: string, password: string): Promise<boolean> {
  try {
    await client.bind(dn, password);
    return true;
  } catch (error) {
    const isTold = error instanceof ResultCodeError;
    if (isTold && !(error instanceof BusyError || error instanceof UnavailableError)) return false;
    throw error;
  }
}

/** The localparts that the values of an attribute stand for. */
function namesOf(entry: Entry, attribute: string): (string | null)[] {
  const key = Object.keys(entry).find((each) => each.toLowerCase() === attribute.toLowerCase());
  const values = key === undefined ? [] : [entry[key]!].flat();
  return values.map((value) => accountName(value.toString()));
}
