import type { ArchiveId } from '../../archive-port.ts';

/** How many messages it knows. */
const KNOWN = 20_000;

/** Who has which of the newest messages: what the index of words asks of each of them once. */
export class NewHolders {
  readonly #users = new Map<ArchiveId, number[]>();

  /** A message has come, which nobody has yet. */
  begin(id: ArchiveId): void {
    // An index that is off, or far behind, asks the archives.
    if (this.#users.size === KNOWN) this.#users.clear();
    this.#users.set(id, []);
  }

  /** An archive has it, by number of its account. */
  add(id: ArchiveId, user: number): void {
    this.#users.get(id)?.push(user);
  }

  /** All who have it; undefined where that is not known. It is forgotten then. */
  take(id: ArchiveId): readonly number[] | undefined {
    const users = this.#users.get(id);
    this.#users.delete(id);
    return users;
  }
}
