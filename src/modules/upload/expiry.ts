import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Traffic } from '../../server/traffic.ts';
import type { BlobKey } from '../../storage/blob-port.ts';
import type { Storage } from '../../storage/ports.ts';

/** Milliseconds between two looks for files and slots that are past their time. */
const INTERVAL = 60_000;
/** Files that go at a time, so that others' changes come in between. */
const STEP = 100;

interface Deps {
  readonly domain: string;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly traffic: Traffic;
  readonly underWay: ReadonlySet<BlobKey>;
}

/** Removes a host's files, once they are past their time: the bytes first, then what is known of them. */
export class Expiry {
  readonly #deps: Deps;
  #cancel = () => {};
  #isStopped = false;
  #sweeping: Promise<void> | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Begins to look, now and again. */
  start(): void {
    void this.#run(async () => {
      const { traffic, storage, domain } = this.#deps;
      traffic.keptBytes = (await storage.uploads.totals(domain)).bytes;
      await this.sweep();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** Removes all that is due; rejects with `StorageError`. One sweep at a time. */
  async sweep(): Promise<void> {
    await this.#sweeping?.catch(() => {});
    this.#sweeping = this.#sweep();
    await this.#sweeping;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const { clock, log, domain } = this.#deps;
    try {
      await work();
    } catch (error) {
      if (!this.#isStopped) log.error({ err: error, host: domain }, 'files could not be removed');
    }
    if (!this.#isStopped)
      this.#cancel = clock.after(INTERVAL, () => void this.#run(() => this.sweep()));
  }

  async #sweep(): Promise<void> {
    const { domain, log } = this.#deps;
    let removed = 0;
    for (let step = await this.#step(); step > 0 && !this.#isStopped; step = await this.#step()) {
      removed += step;
    }
    if (removed > 0) log.info({ host: domain, removed }, 'files and slots have expired');
  }

  /** A file that is just coming may come to its end. */
  async #step(): Promise<number> {
    const { domain, storage, clock, underWay, traffic } = this.#deps;
    const { uploads, blobs, durability } = storage;
    const due = await uploads.due(domain, clock.now(), STEP + underWay.size);
    const leaving = due.filter(({ id }) => !underWay.has(id));
    if (leaving.length === 0) return 0;
    for (const { id } of leaving) await blobs.delete(id);
    await durability.whenCommitted(uploads.forget(leaving.map(({ id }) => id)));
    for (const { size, deadline } of leaving) if (deadline === null) traffic.keptBytes -= size;
    return leaving.length;
  }
}
