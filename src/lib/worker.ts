import { extname } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts the module `name` (a path without suffix, relative to the caller) as a
 * worker thread. The compiler rewrites the suffixes of imports but not of URLs,
 * so the suffix is the caller's own: `.ts` in the sources, `.js` once compiled.
 *
 * @param caller the caller's `import.meta.url`
 */
export function startWorker(name: string, caller: string, options?: WorkerOptions): Worker {
  return new Worker(new URL(name + extname(caller), caller), options);
}
