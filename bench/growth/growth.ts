import { dirname } from 'node:path';
import { chatArguments, chatDeadline, cost, messages, shares, toSample } from '../chat/chat.ts';
import { compileGenerator, generatorIn } from '../run/compile.ts';
import { commonArguments, drive, flags, SOURCES } from '../run/generator.ts';
import { measureLoad } from '../run/measured.ts';
import { openFilesLimit, stagesWithin } from '../run/open-files.ts';
import type { RunOptions } from '../run/options.ts';
import { withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';

/** All who are there at the smallest stage, in pairs that chat at every stage. */
const CHATTING = 100;
/** The stage that the last is set against; the first, where it is left out. */
const MEASURE = 1_000;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST_SIGN_IN = 100;
/** Time for all stages, in seconds, signing in apart. */
const LONGEST_S = 1_200;

/** Those that were asked for, that the pairs fit in, and that the machine allows. */
function stagesOf({ sessions }: RunOptions): number[] {
  const stages = stagesWithin(openFilesLimit(), sessions).filter((stage) => stage >= CHATTING);
  return stages.length > 0 ? stages : [CHATTING];
}

interface Reading {
  readonly stage: number;
  readonly sample: Sample;
}

const costOf = ({ sample }: Reading) => sample.cpuUsPerMessage!;

function figuresOf(readings: readonly Reading[]): Sample {
  const first = readings[0]!;
  const last = readings.at(-1)!;
  const measure = readings.find(({ stage }) => stage === MEASURE) ?? first;
  for (const reading of readings)
    console.log(`  ${reading.stage} sessions: ${costOf(reading).toFixed(1)} us/message`);
  const each = readings.map((reading) => [`cpuUsAt${reading.stage}`, costOf(reading)]);
  const times = costOf(last) / costOf(measure);
  const figures = { firstUs: costOf(first), measureUs: costOf(measure), times };
  return { ...last.sample, ...Object.fromEntries(each), ...figures, sessions: last.stage };
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
  columns: [
    { key: 'firstUs', title: 'CPU us/message at the fewest', digits: 1, better: 'lower' },
    { key: 'measureUs', title: `at ${MEASURE}`, digits: 1, better: 'lower' },
    { ...cost, title: 'at the most' },
    { key: 'times', title: `times that at ${MEASURE}`, digits: 2, better: 'lower' },
    { key: 'sessions', title: 'sessions at most', digits: 0 },
    ...shares,
  ],
  windows: [{ ...messages, name: 'messages-at-the-most' }],
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
    const deadline = chatDeadline(options);
    return withServer(entrant, async ({ pid }) => {
      const readings: Reading[] = [];
      const task = async (stage: number) => {
        const load = { pid, generator, args, deadline, isRecorded: stage === stages.at(-1) };
        readings.push({ stage, sample: await measureLoad(load, { measured: toSample }) });
      };
      await growThrough(entrant, stages, CHATTING, { generator: idle, task });
      return figuresOf(readings);
    });
  },
};
