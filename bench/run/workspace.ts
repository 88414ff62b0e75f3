import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAll } from '../rivals/process.ts';

/**
 * A new temporary directory. At every end of this process (of the work, by an error, by a signal)
 * whatever was started has ended, and the directory is gone unless it is to be kept.
 */
export function createWorkspace({ keep }: { readonly keep: boolean }): string {
  const directory = mkdtempSync(join(tmpdir(), 'epode-bench-'));
  process.once('exit', () => {
    endAll();
    if (keep) console.log(`Left in place: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
  return directory;
}
