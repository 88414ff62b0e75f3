import type { Clock } from '../../../lib/clock.ts';
import { type ArchiveId, firstIdAt } from '../../archive-port.ts';
import type { Connection } from '../connection.ts';

/** Makes the ids of one store's messages: ascending, whatever the clock does. */
export class ArchiveIds {
  readonly #clock: Clock;
  #last: ArchiveId;

  /** @param floor an id that all new ones are above */
  constructor(clock: Clock, floor: ArchiveId) {
    this.#clock = clock;
    this.#last = floor;
  }

  next(): ArchiveId {
    this.#last = Math.max(this.#last + 1, firstIdAt(this.#clock.now()));
    return this.#last;
  }
}

/** The highest id that was ever stored, also of what has gone since; 0 for none. */
export function highestId(db: Connection): ArchiveId {
  const find = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'message'");
  return find.pluck().get() ?? 0;
}
