import type { UserStore } from '../storage/ports.ts';
import type { ScramHash } from '../stream/ports.ts';
import { HASHES } from '../stream/sasl/account-keys.ts';
import { decoyOf } from '../stream/sasl/bcrypt.ts';

const PLAIN = 'PLAIN';

/**
 * What a host's accounts are that came by import and whose passwords the server has
 * not seen yet. A client that is offered SCRAM uses it, and does not try PLAIN when
 * it fails; so as long as there are such accounts, less is offered.
 */
export class ImportedPasswords {
  readonly #domain: string;
  readonly #users: UserStore;
  /** Unless it is, all mechanisms are offered whatever the accounts are. */
  isHeeded: boolean;
  /** As `UserStore.importedKinds` has them. */
  #kinds: readonly string[] = [];

  constructor(domain: string, users: UserStore, isHeeded: boolean) {
    this.#domain = domain;
    this.#users = users;
    this.isHeeded = isHeeded;
  }

  get isAny(): boolean {
    return this.#kinds.length > 0;
  }

  /** Looks what there is; once at the start, and after each change. */
  async look(): Promise<void> {
    this.#kinds = await this.#users.importedKinds(this.#domain);
  }

  /** What to compare passwords with where there is no bcrypt hash, so that time does not tell. */
  get decoy(): string | null {
    const hash = this.#kinds.find(isBcrypt);
    return hash === undefined ? null : decoyOf(hash);
  }

  /**
   * Those of the mechanisms with which everybody can sign in: PLAIN alone while there
   * are bcrypt hashes, else without SCRAM of hashes that some have no keys of. All of
   * them where nothing would be left.
   */
  suitable(mechanisms: readonly string[]): readonly string[] {
    if (!this.isHeeded) return mechanisms;
    if (this.#kinds.some(isBcrypt) && mechanisms.includes(PLAIN)) return [PLAIN];
    const scram = this.#kinds.filter((kind) => !isBcrypt(kind)).map((kind) => kind.split(' '));
    const suits = (mechanism: string) => scram.every((hashes) => isAmong(hashes, mechanism));
    const suitable = mechanisms.filter(suits);
    return suitable.length > 0 ? suitable : mechanisms;
  }

  /** Hashes of the mechanisms that some account with keys of others lacks (XEP-0480). */
  upgrades(mechanisms: readonly string[]): ScramHash[] {
    const kinds = this.#kinds.filter((kind) => !isBcrypt(kind)).map((kind) => kind.split(' '));
    const lacks = (hash: ScramHash) => kinds.some((hashes) => !hashes.includes(hash));
    return HASHES.filter((hash) => mechanisms.includes(`SCRAM-${hash}`) && lacks(hash));
  }
}

/** Whether an imported account's way to verify its password is a bcrypt hash. */
export function isBcrypt(imported: string): boolean {
  return imported.startsWith('$');
}

/** `SCRAM-SHA-1`, `SCRAM-SHA-1-PLUS` */
function isAmong(hashes: readonly string[], mechanism: string): boolean {
  const hash = /^SCRAM-(.+?)(-PLUS)?$/.exec(mechanism)?.[1];
  return hash === undefined || hashes.includes(hash);
}
