import { setTimeout as pause } from 'node:timers/promises';
import { processTree, residentKib } from '../rivals/proc.ts';
import { withServer } from './running.ts';
import type { Scenario } from './scenario.ts';

/** Milliseconds after the first answer at which memory is read. */
const SETTLE_MS = 3_000;

/** From the start of the process on an existing data directory to the first stream answered. */
export const startUp: Scenario = {
  name: 'start-up',
  summary: 'time from the start of the process to its first answer, on existing data',
  columns: [
    { key: 'ms', title: 'ms until it answers', digits: 0, better: 'lower' },
    { key: 'mib', title: 'MiB resident', digits: 0, better: 'lower' },
  ],
  accounts: () => 200,
  lasts: () => SETTLE_MS / 1_000 + 3,

  measure: (entrant) =>
    withServer(entrant, async ({ pid, startupMs }) => {
      await pause(SETTLE_MS);
      return { ms: startupMs, mib: residentKib(processTree(pid)) / 1024 };
    }),
};
