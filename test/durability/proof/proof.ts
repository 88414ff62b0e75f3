import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chapter } from './chapter.ts';
import type { Load } from './faults.ts';
import { judge, type Verdict } from './oracle.ts';
import { details } from './report.ts';

export interface Outcome extends Verdict {
  /** What was violated, with transcripts; empty when nothing was. */
  readonly details: string;
}

/**
 * Runs one chapter in a new directory and judges it. The directory stays where something was
 * violated or the run failed, with the wire's transcript in it.
 *
 * @param program what stands before `start` on the command line.
 * @throws when the server does not start or stop as it should.
 */
export async function runChapter(
  program: readonly string[],
  seed: string,
  load: Load,
  keep = false,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'epode-proof-'));
  const chapter = new Chapter(directory, await freePort(), program, seed, load);
  const told = await chapter.run().finally(() => {
    writeFileSync(join(directory, 'wire.txt'), chapter.transcript.join('\n'));
  });
  const verdict = judge(told.history);
  const isSound = verdict.violations.length === 0;
  if (isSound && !keep) {
    rmSync(directory, { recursive: true });
    return { ...verdict, details: '' };
  }
  const facts = told.history.facts.map((fact) => JSON.stringify(fact));
  writeFileSync(join(directory, 'facts.txt'), facts.join('\n'));
  const text = isSound ? '' : `${details(told, verdict.violations)}\nkept: ${directory}`;
  return { ...verdict, details: text };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
