import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latencies, messages, shares } from '../chat/chat.ts';
import type { Place } from '../rivals/server.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, drive, flags } from '../run/generator.ts';
import { type Figures, measureLoad, withShares } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';

/** They have written to each other, and so the same archive. */
const ACCOUNTS = 2;
/** Clients of each, with one question under way. */
const PER_ACCOUNT = 5;
/** Messages on the way while an archive is filled. */
const OUTSTANDING = 50;
/** Time for signing in and for the last pages, in seconds. */
const MARGIN_S = 120;
/** Messages a second that even a slow server archives. */
const SLOWEST_FILLING = 20;
/** Those that it usually does. */
const USUAL_FILLING = 100;

function argumentsFor(place: Place, { archived, body }: RunOptions): string[] {
  return [...commonArguments(place), ...flags({ accounts: ACCOUNTS, archived, body })];
}

/** Before the first round; the next ones find the archives. */
async function fillOnce({ server, place }: Entrant, options: RunOptions, generator: string) {
  const mark = join(place.directory, 'archives-are-filled');
  if (server.writesArchives || existsSync(mark)) return;
  console.log(`  ${server.name} archives ${options.archived} messages`);
  const args = [...argumentsFor(place, options), ...flags({ outstanding: OUTSTANDING }), '--fill'];
  const deadline = MARGIN_S + options.archived / SLOWEST_FILLING;
  await drive(generator, args, deadline, ({ event }) => event === 'filled');
  writeFileSync(mark, '');
}

function pageFigures({ messages: pages, ...figures }: Figures, usage: Usage): Sample {
  const cpuUsPerPage = (usage.server * 1e6) / pages!;
  return { ...withShares(figures, usage), cpuUsPerPage, cpuSeconds: usage.server };
}

/** What was in the pages. */
function messageFigures({ messages }: Figures, _: Usage, soFar: Sample): Sample {
  const per = (seconds: number) => (seconds * 1e6) / messages!;
  return {
    messages: messages!,
    cpuUsPerMessage: per(soFar.cpuSeconds!),
    generatorUsPerMessage: per(soFar.generatorCpuSeconds!),
  };
}

/** What clients cost that fetch their history. */
export const archive: Scenario = {
  name: 'archive',
  summary: 'archives read from end to end and back, in pages of 100',
  columns: [
    { key: 'cpuUsPerMessage', title: 'CPU us/message', digits: 1, better: 'lower' },
    { key: 'rate', title: 'pages/s', digits: 0, better: 'higher' },
    ...latencies,
    ...shares,
  ],
  windows: [messages],
  archives: true,
  readsArchives: true,
  accounts: () => ACCOUNTS,
  // They are filled before the first round alone.
  lasts: ({ warmup, seconds, rounds, archived }) =>
    warmup + seconds + 8 + archived / USUAL_FILLING / rounds,
  build: (directory, { tls }) => compileGenerator('archive', directory, tls),

  async measure(entrant, options, generator) {
    const { warmup, seconds } = options;
    // Not the same server that took them: it starts as after a restart.
    if (!entrant.server.writesArchives)
      await withServer(entrant, () => fillOnce(entrant, options, generator));
    const more = flags({ 'per-account': PER_ACCOUNT, warmup, seconds });
    const args = [...argumentsFor(entrant.place, options), ...more];
    const deadline = warmup + seconds + MARGIN_S;
    const readings = { measured: pageFigures, read: messageFigures };
    return withServer(entrant, ({ pid }) =>
      measureLoad({ pid, generator, args, deadline }, readings),
    );
  },
};
