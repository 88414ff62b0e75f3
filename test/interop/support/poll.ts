import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const STEP_MS = 30_000;
const INTERVAL_MS = 50;

type Maybe<T> = T | null | undefined | false;

/**
 * Waits until `look` returns something other than null, undefined or false, and returns it.
 * Foreign programs can only be watched, so this polls; it throws after `deadlineMs`
 * milliseconds, naming `what` was awaited.
 */
export async function until<T>(
  what: string,
  look: () => Maybe<T> | Promise<Maybe<T>>,
  deadlineMs = STEP_MS,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await delay(INTERVAL_MS);
  }
}

/** Waits until there is a file. */
export async function untilExists(what: string, file: string): Promise<void> {
  const isThere = () =>
    access(file).then(
      () => true,
      () => false,
    );
  await until(`${what} ${file}`, isThere);
}
