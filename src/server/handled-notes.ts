import type { Clock } from '../lib/clock.ts';
import type { Durability, HandledNote, SessionStore, Ticket } from '../storage/ports.ts';

/** Milliseconds between two looks for notes that have grown old. */
const EXPIRY_INTERVAL = 60_000;

/**
 * Notes on disk of how many stanzas of each client's are handled (XEP-0198 §4), so that
 * who comes back after the server was killed is told nothing that is not so.
 */
export class HandledNotes {
  readonly #domain: string;
  readonly #store: SessionStore;
  readonly #durability: Durability;
  readonly #clock: Clock;
  /** Of this turn, in one row with those of others; null while there are none. */
  #open: HandledNote[] | null = null;
  #written: Promise<Ticket> | null = null;
  #cancel: (() => void) | null = null;
  /** What the process before has noted, by account and id. */
  #before = new Map<string, number>();

  constructor(domain: string, deps: { store: SessionStore; durability: Durability; clock: Clock }) {
    this.#domain = domain;
    this.#store = deps.store;
    this.#durability = deps.durability;
    this.#clock = deps.clock;
  }

  /** What notes for one session, and settles when that is on disk; null for one without id. */
  of(owner: string, id: string): ((handled: number) => Promise<void>) | null {
    return id === '' ? null : (handled) => this.#note({ owner, id, handled });
  }

  /** It goes to disk with what is stored in the same turn. */
  async #note(note: HandledNote): Promise<void> {
    if (this.#open) this.#open.push(note);
    else this.#begin(note);
    await this.#durability.whenCommitted(await this.#written!);
  }

  /** How far a session of a process that was killed is known to have come; null for unknown. */
  before(owner: string, id: string): number | null {
    return this.#before.get(keyOf(owner, id)) ?? null;
  }

  /** Reads what the process before has noted. */
  async read(): Promise<void> {
    for (const { owner, id, handled } of await this.#store.handled(this.#domain)) {
      this.#before.set(keyOf(owner, id), handled);
    }
  }

  stop(): void {
    this.#cancel?.();
  }

  #begin(first: HandledNote): void {
    const notes = [first];
    this.#open = notes;
    this.#written = Promise.resolve().then(() => {
      this.#open = null;
      return this.#store.noteHandled(this.#domain, notes, this.#clock.now());
    });
    this.#cancel ??= this.#clock.after(EXPIRY_INTERVAL, () => {
      this.#cancel = null;
      this.#store.expireHandled();
    });
  }
}

function keyOf(owner: string, id: string): string {
  return `${owner} ${id}`;
}
