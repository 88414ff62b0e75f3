import type { Ticket } from '../ports.ts';
import { storageError } from './errors.ts';
import type { Writer } from './gateway.ts';
import type { Ledger } from './ledger.ts';
import type { SqliteStore } from './store.ts';
import type { Change } from './tables.ts';

/** Commits each change at once, on the caller's own connection. */
export class InlineWriter implements Writer {
  readonly #store: SqliteStore;
  readonly #ledger: Ledger;
  readonly #path: string;

  constructor(store: SqliteStore, ledger: Ledger, path: string) {
    this.#store = store;
    this.#ledger = ledger;
    this.#path = path;
  }

  write(change: Change): Ticket {
    const ticket = this.#ledger.open();
    try {
      this.#ledger.settle(ticket, this.#store.commit([change]));
    } catch (error) {
      this.#ledger.fail(storageError(error, this.#path));
    }
    return ticket;
  }

  async close(): Promise<void> {
    this.#store.close();
  }
}
