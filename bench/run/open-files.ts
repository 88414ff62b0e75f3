import { execFileSync } from 'node:child_process';

/** Files that a server, or a generator, has open besides connections. */
const OTHER_FILES = 200;

/** Files that each process of a run may have open: all take what the hard limit allows. */
export function openFilesLimit(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

/** How to have so many sessions. */
function howToHave(sessions: number, limit: number): string {
  const wanted = sessions + OTHER_FILES;
  return (
    `${sessions} sessions want ${wanted} open files, ${limit} is the limit of a process here; ` +
    `to raise it, as root: prlimit --nofile=${wanted} npm run bench -- …`
  );
}

/**
 * Those of the stages that the limit of open files allows; what is left out is said, and how to have
 * it. The server and the generator are one process each, so that a session takes one file of both.
 */
export function stagesWithin(
  limit: number,
  stages: readonly number[],
  say: (line: string) => void = console.log,
): number[] {
  const fits = (stage: number) => stage + OTHER_FILES <= limit;
  for (const stage of stages.filter((stage) => !fits(stage)))
    say(`  left out: ${howToHave(stage, limit)}`);
  return stages.filter(fits);
}
