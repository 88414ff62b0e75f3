import { type Maybe, then } from '../lib/maybe.ts';
import type { Storage } from '../storage/ports.ts';
import type { ScramHash, ScramKeys } from '../stream/ports.ts';
import { deriveAccountKeys } from '../stream/sasl/account-keys.ts';
import { Jid } from '../xmpp/jid.ts';
import type { AccountSource } from './ports.ts';

/** The accounts that this server keeps itself. Passwords are compared with their keys. */
export class InternalSource implements AccountSource {
  readonly type = 'internal';
  readonly #domain: string;
  readonly #storage: Pick<Storage, 'users' | 'durability'>;

  constructor(domain: string, storage: Pick<Storage, 'users' | 'durability'>) {
    this.#domain = domain;
    this.#storage = storage;
  }

  scramKeys(local: string, hash?: ScramHash): Maybe<readonly ScramKeys[] | null> {
    const found = this.#storage.users.keys(this.#owner(local), hash);
    return then(found, (keys) => (keys.length > 0 ? keys : null));
  }

  exists(local: string): Maybe<boolean> {
    return then(this.#storage.users.find(this.#owner(local)), (user) => user !== null);
  }

  async change(local: string, password: string, scramIterations: number): Promise<void> {
    const { users, durability } = this.#storage;
    const keys = await deriveAccountKeys(password, scramIterations);
    await durability.whenCommitted(users.setKeys(this.#owner(local), keys));
  }

  #owner(local: string): string {
    return Jid.of(local, this.#domain).toString();
  }
}
