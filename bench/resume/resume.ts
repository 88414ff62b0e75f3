import { knowsMechanism, SOURCES } from '../login/login.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, drive, flags } from '../run/generator.ts';
import type { RunOptions } from '../run/options.ts';
import { CpuMeter, withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';

/** Who send what the others miss; as in `resume/generator.c`. */
const SENDERS = 8;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST = 25;
/** What most manage. */
const USUAL_SIGN_INS = 150;
const MARGIN_S = 120;

type Usage = ReturnType<CpuMeter['read']>;

const countOf = ({ sessions }: RunOptions) => sessions.at(-1)!;

function generatorArguments({ place }: Entrant, options: RunOptions): string[] {
  const { mechanism, parallel, returns, missed, body, warmup, seconds, tickets } = options;
  const load = { users: countOf(options), missed, body, parallel, rate: returns ?? 0 };
  const values = { ...load, mechanism, warmup, seconds, sources: SOURCES };
  return [...commonArguments(place), ...flags(values), ...(tickets ? ['--tickets'] : [])];
}

function toSample(numbers: Readonly<Record<string, number>>, usages: readonly Usage[]): Sample {
  const { resumptions, storms, seconds } = numbers;
  const server = usages.reduce((sum, usage) => sum + usage.server, 0);
  const others = usages.reduce((sum, usage) => sum + usage.others, 0);
  return {
    ...numbers,
    cpuUsPerResumption: (server * 1e6) / resumptions!,
    allBackMs: (seconds! * 1e3) / storms!,
    serverShare: server / seconds!,
    othersShare: others / seconds!,
  };
}

async function measure(entrant: Entrant, options: RunOptions, generator: string): Promise<Sample> {
  const { warmup, seconds } = options;
  // Signing in, one storm of each kind more than there is time for, and the time itself.
  const deadline = MARGIN_S + 3 * (warmup + seconds) + (4 * countOf(options)) / SLOWEST;
  return withServer(entrant, async ({ pid }) => {
    const usages: Usage[] = [];
    let meter: CpuMeter | undefined;
    let sample: Sample | undefined;
    await drive(generator, generatorArguments(entrant, options), deadline, (event) => {
      if (event.event === 'returning') meter = new CpuMeter(pid);
      if (event.event === 'back' && event.isMeasured) usages.push(meter!.read());
      if (event.event === 'measured') {
        const { event: _, ...numbers } = event;
        sample = toSample(numbers as Readonly<Record<string, number>>, usages);
      }
      return event.event === 'drained';
    });
    return sample!;
  });
}

/** What it costs, and how long it takes, until all who have lost their connections are back. */
export const resume: Scenario = {
  name: 'resume',
  summary: 'sessions that all lose their connections at once come back and get what they missed',
  columns: [
    { key: 'cpuUsPerResumption', title: 'CPU us/resumption', digits: 0, better: 'lower' },
    { key: 'rate', title: 'resumptions/s', digits: 0, better: 'higher' },
    { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
    { key: 'allBackMs', title: 'all back ms', digits: 0, better: 'lower' },
    { key: 'storms', title: 'storms', digits: 0 },
    { key: 'serverShare', title: 'server core used', digits: 2 },
    { key: 'generatorShare', title: 'generator core used', digits: 2 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  accounts: (options) => countOf(options) + SENDERS,
  stored: 'keys',
  managesStreams: true,
  // Signing in, and twice as long as is measured: what is missed is sent in between.
  lasts: (options) =>
    8 + 2 * (options.warmup + options.seconds) + (3 * countOf(options)) / USUAL_SIGN_INS,
  suits: knowsMechanism,
  build: (directory, { tls }) => compileGenerator('resume', directory, tls),
  measure,
};
