import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { chatArguments, driveChat, shares } from '../chat/chat.ts';
import { compileGenerator, generatorIn } from '../run/compile.ts';
import { commonArguments, drive, flags } from '../run/generator.ts';
import type { RunOptions } from '../run/options.ts';
import { withServer } from '../run/running.ts';
import type { Column, Entrant, Sample, Scenario } from '../run/scenario.ts';

/** All who are there at the smallest stage, in pairs that chat at every stage. */
const CHATTING = 100;
const STAGES = [100, 1_000, 10_000, 50_000];
/** What the others are set against. */
const MEASURE = 1_000;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST_SIGN_IN = 100;
/** Time for all stages, in seconds, signing in apart. */
const LONGEST_S = 1_200;
/** Addresses to connect from: one has some 28,000 ports. */
const SOURCES = 20;
/** Files that a server has open besides connections. */
const FILES = 200;

/** Sessions that the limit of open files allows, which each process of a run is given whole. */
function mostSessions(): number {
  const limit = execFileSync('sh', ['-c', 'ulimit -H -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) - FILES;
}

/** Those that were asked for and that the machine allows. */
function stagesOf({ sessions }: RunOptions): number[] {
  const asked = STAGES.filter((stage) => sessions.includes(stage));
  const most = mostSessions();
  for (const stage of asked.filter((stage) => stage > most))
    console.log(`  no stage of ${stage}: raise the limit of open files (ulimit -H -n) above it`);
  return asked.filter((stage) => stage <= most);
}

const costAt = (stage: number) => `cpuUs${stage}`;

function columnsOf(stage: number): Column[] {
  const title = `at ${stage} sessions`;
  // The machine may not allow what is above the smallest.
  const isOptional = stage > CHATTING;
  const cost: Column = {
    key: costAt(stage),
    title: `us ${title}`,
    digits: 1,
    better: 'lower',
    isOptional,
  };
  const times = `${stage}: times that at ${MEASURE}`;
  const ratio: Column = { key: `ratio${stage}`, title: times, digits: 2, isOptional };
  return stage > MEASURE ? [cost, ratio] : [cost];
}

function withRatios(sample: Sample): Sample {
  const measure = sample[costAt(MEASURE)];
  const ratios = STAGES.map(
    (stage) => [`ratio${stage}`, sample[costAt(stage)]! / measure!] as const,
  );
  const known = ratios.filter(([, ratio]) => Number.isFinite(ratio));
  return { ...sample, ...Object.fromEntries(known) };
}

/** Has others sign in until so many are there, and calls `task`; then goes on to the next stage. */
async function growThrough(
  entrant: Entrant,
  [stage, ...later]: readonly number[],
  present: number,
  run: { readonly generator: string; readonly task: (stage: number) => Promise<void> },
): Promise<void> {
  if (stage === undefined) return;
  const goOn = async () => {
    await run.task(stage);
    await growThrough(entrant, later, stage, run);
    return true;
  };
  const more = stage - present;
  if (more === 0) return void (await goOn());
  const values = { stages: more, hold: 1, first: present, sources: SOURCES };
  const args = [...commonArguments(entrant.place), ...flags(values)];
  const deadline = LONGEST_S + more / SLOWEST_SIGN_IN;
  await drive(run.generator, args, deadline, ({ event }) => event === 'open' && goOn());
}

/** What a message costs among some while there are more and more others. */
export const growth: Scenario = {
  name: 'growth',
  summary: `messages among ${CHATTING} users while more and more others are signed in`,
  columns: [...STAGES.flatMap(columnsOf), ...shares],
  accounts: ({ sessions }) => Math.max(CHATTING, ...sessions),
  lasts: ({ warmup, seconds, sessions }) =>
    sessions.length * (warmup + seconds + 10) + Math.max(...sessions) / 1_000,

  async build(directory, { tls }) {
    await compileGenerator('idle', directory, tls);
    return compileGenerator('chat', directory, tls);
  },

  measure(entrant, options, generator) {
    const chatting = { ...options, pairs: CHATTING / 2 };
    const args = [...commonArguments(entrant.place), ...chatArguments(chatting)];
    const idle = generatorIn(dirname(generator), 'idle');
    const stages = stagesOf(options);
    return withServer(entrant, async ({ pid }) => {
      let sample: Sample = {};
      const task = async (stage: number) => {
        const { cpuUsPerMessage, ...rest } = await driveChat(pid, options, generator, args);
        sample = { ...sample, ...rest, [costAt(stage)]: cpuUsPerMessage! };
      };
      await growThrough(entrant, stages, CHATTING, { generator: idle, task });
      return withRatios(sample);
    });
  },
};
