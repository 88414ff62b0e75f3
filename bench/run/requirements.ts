import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { GENERATOR_CORE, SERVER_CORE } from './scenario.ts';

/** Whether a program is on the path. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function checkPinning(core: number): void {
  const { status, stderr } = spawnSync('taskset', ['-c', String(core), 'true']);
  if (status === 0) return;
  throw new Error(`nothing can be pinned to core ${core}: ${stderr.toString().trim()}`);
}

/**
 * Whether this machine can play at all; with one core for the server and the generator figures say
 * nothing, so that only `canShare` is content with it.
 * @throws {Error} what is missing and how to mend it.
 */
export function checkMachine({ canShare }: { readonly canShare: boolean }): void {
  if (process.platform !== 'linux') throw new Error('benchmarks want Linux: /proc and taskset');
  const packages = { cc: 'gcc libc6-dev', taskset: 'util-linux' };
  for (const [program, from] of Object.entries(packages))
    if (!isInstalled(program)) throw new Error(`${program} is missing: apt-get install ${from}`);
  for (const core of new Set([SERVER_CORE, GENERATOR_CORE])) checkPinning(core);
  if (SERVER_CORE !== GENERATOR_CORE) return;
  const shared = `this process may use core ${SERVER_CORE} alone, the server's and the generator's`;
  if (!canShare) throw new Error(`${shared}: figures want two`);
  console.log(shared);
}
