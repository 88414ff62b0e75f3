import { knowsMechanism } from '../login/login.ts';
import { processTree, residentKib } from '../rivals/proc.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags, SOURCES } from '../run/generator.ts';
import { type Figures, measureLoad } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';
import { growthPerSecond, type Reading } from './growth.ts';

/** Accounts that log in and out, and contacts of each other; as in `mixed/generator.c`. */
const VISITORS = 200;
const CIRCLE = 10;
/** Actions a second, which all servers carry with ease. */
const RATE = 100;
const SETTLE_S = 2;
const MARGIN_S = 120;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST = 25;
/** What most manage. */
const USUAL_SIGN_INS = 150;
const READING_MS = 1_000;

const countOf = ({ sessions }: RunOptions) => sessions.at(-1)!;

function generatorArguments({ place }: Entrant, options: RunOptions): string[] {
  const { mechanism, warmup, seconds, body, actions } = options;
  const load = { users: countOf(options), rate: actions ?? RATE, body };
  const values = { ...load, mechanism, warmup, settle: SETTLE_S, seconds, sources: SOURCES };
  const archive = place.archive ? ['--archive'] : [];
  return [...commonArguments(place), ...flags(values), ...archive];
}

/** Reads the resident memory of a server each second, and once more at the end. */
class MemoryLog {
  readonly readings: Reading[] = [];
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pids = processTree(pid);
    this.#read();
    this.#timer = setInterval(() => this.#read(), READING_MS);
  }

  #read(): void {
    this.readings.push({ seconds: performance.now() / 1_000, kib: residentKib(this.#pids) });
  }

  end(): void {
    clearInterval(this.#timer);
    this.#read();
  }
}

function processorFigures({ seconds }: Figures, { server, others }: Usage): Sample {
  return { cpuMsPerSecond: (server * 1e3) / seconds!, othersShare: others / seconds! };
}

function memoryFigures(readings: readonly Reading[]): Sample {
  return {
    startMib: readings[0]!.kib / 1_024,
    endMib: readings.at(-1)!.kib / 1_024,
    growthMibPerHour: (growthPerSecond(readings) * 3_600) / 1_024,
  };
}

async function measure(entrant: Entrant, options: RunOptions, generator: string): Promise<Sample> {
  const { warmup, seconds } = options;
  const deadline = MARGIN_S + warmup + SETTLE_S + seconds + countOf(options) / SLOWEST;
  const args = generatorArguments(entrant, options);
  return withServer(entrant, async ({ pid }) => {
    let memory: MemoryLog | undefined;
    const readings = {
      measuring: () => {
        memory = new MemoryLog(pid);
        return {};
      },
      measured: (figures: Figures, usage: Usage) => {
        memory!.end();
        const kept = memoryFigures(memory!.readings);
        return { ...figures, ...processorFigures(figures, usage), ...kept };
      },
      besides: (figures: Figures) => figures,
    };
    try {
      return await measureLoad({ pid, generator, args, deadline }, readings);
    } finally {
      memory?.end();
    }
  });
}

/** What a server does all day, held for as long as one likes. */
export const mixed: Scenario = {
  name: 'mixed',
  summary: 'chat, typing, presence, queries, logins and logouts at a fixed rate',
  columns: [
    { key: 'cpuMsPerSecond', title: 'CPU ms/s', digits: 1, better: 'lower' },
    { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
    { key: 'p999Ms', title: 'p99.9 ms', digits: 2, better: 'lower' },
    { key: 'answerP99Ms', title: 'answer p99 ms', digits: 2, better: 'lower' },
    { key: 'loginP50Ms', title: 'login p50 ms', digits: 1, better: 'lower' },
    { key: 'startMib', title: 'MiB at start', digits: 0, better: 'lower', kind: 'memory' },
    { key: 'endMib', title: 'MiB at end', digits: 0, better: 'lower', kind: 'memory' },
    { key: 'growthMibPerHour', title: 'MiB/h, if it grows', digits: 1, isOptional: true },
    { key: 'rate', title: 'messages/s', digits: 0 },
    { key: 'generatorShare', title: 'generator core used', digits: 2 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  windows: [{ name: 'day', unit: 'second', count: ({ seconds }) => seconds! }],
  accounts: (options) => countOf(options) + VISITORS,
  areContacts: true,
  circle: CIRCLE,
  stored: 'keys',
  lasts: (options) =>
    options.warmup + SETTLE_S + options.seconds + 8 + countOf(options) / USUAL_SIGN_INS,
  suits: knowsMechanism,
  build: (directory, { tls }) => compileGenerator('mixed', directory, tls),
  measure,
};
