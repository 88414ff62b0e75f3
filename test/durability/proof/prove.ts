import { join } from 'node:path';
import { loadFor, SWEEPS } from './faults.ts';
import { readOptions, UsageError } from './options.ts';
import type { Verdict } from './oracle.ts';
import { runChapter } from './proof.ts';
import { figures, total } from './report.ts';
import { canMoveClock } from './server.ts';

/** Kills before a new chapter begins with an empty directory. */
const KILLS_PER_CHAPTER = 25;
const PROGRAM = [process.execPath, join(import.meta.dirname, '..', '..', '..', 'bin', 'epode')];

async function prove(args: readonly string[]): Promise<boolean> {
  const { kills, seed, minutes, keep } = readOptions(args);
  console.log(`seed ${seed}`);
  if (!canMoveClock) console.log('The clock stays as it is: libfaketime is not installed.');
  const deadline = performance.now() + minutes * 60_000;
  const verdicts: Verdict[] = [];
  for (let left = kills, n = 0; left > 0 && performance.now() < deadline; n++) {
    const now = Math.min(left, KILLS_PER_CHAPTER);
    left -= now;
    const load = loadFor(now, [SWEEPS[n % SWEEPS.length]!]);
    const outcome = await runChapter(PROGRAM, `${seed} ${n}`, load, keep);
    verdicts.push(outcome);
    const { sent, acknowledged } = outcome.counts;
    const found = outcome.violations.length;
    console.log(
      `chapter ${n}: ${now} kills, ${sent} sent, ${acknowledged} acknowledged, ${found} violations`,
    );
    if (outcome.details) console.log(outcome.details);
  }
  const all = total(verdicts);
  console.log(`\n${figures(all)}\nseed ${seed}`);
  return all.violations.length === 0;
}

try {
  process.exitCode = (await prove(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
