import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { ArchiveStore } from '../../storage/archive-port.ts';

/** Milliseconds between two looks for messages that are too old, or too many. */
const INTERVAL = 3_600_000;

export interface RetentionRules {
  /** Milliseconds; undefined for ever. */
  readonly expireAfter?: number | undefined;
  /** Of each account; undefined for all. */
  readonly maxMessages?: number | undefined;
}

/**
 * Removes now and then what a host's accounts may not keep; the returned function ends
 * that. One round after the other: a long one leaves the next out.
 */
export function prune(
  domain: string,
  { expireAfter, maxMessages }: RetentionRules,
  deps: { archive: ArchiveStore; clock: Clock; log: Log },
): () => void {
  const { archive, clock, log } = deps;
  if (expireAfter === undefined && maxMessages === undefined) return () => {};
  let cancel = () => {};
  let isStopped = false;
  const run = async (): Promise<void> => {
    const before = expireAfter === undefined ? null : clock.now() - expireAfter;
    try {
      const removed = await archive.prune(domain, { before, keep: maxMessages ?? null });
      if (removed > 0) log.info({ host: domain, removed }, 'old messages left the archive');
    } catch (error) {
      log.error({ err: error, host: domain }, 'the archive could not be pruned');
    }
    if (!isStopped) cancel = clock.after(INTERVAL, run);
  };
  void run();
  return () => {
    isStopped = true;
    cancel();
  };
}
