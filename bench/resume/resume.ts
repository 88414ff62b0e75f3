import { knowsMechanism } from '../login/login.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags, SOURCES } from '../run/generator.ts';
import { type Figures, measureLoad, withShares } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';

/** Who send what the others miss; as in `resume/generator.c`. */
const SENDERS = 8;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST = 25;
/** What most manage. */
const USUAL_SIGN_INS = 150;
const MARGIN_S = 120;

const countOf = ({ sessions }: RunOptions) => sessions.at(-1)!;

function generatorArguments({ place }: Entrant, options: RunOptions): string[] {
  const { mechanism, parallel, returns, missed, body, warmup, seconds, tickets } = options;
  const load = { users: countOf(options), missed, body, parallel, rate: returns ?? 0 };
  const values = { ...load, mechanism, warmup, seconds, sources: SOURCES };
  return [...commonArguments(place), ...flags(values), ...(tickets ? ['--tickets'] : [])];
}

/** Of all storms that are measured. */
function toSample(figures: Figures, usages: readonly Usage[]): Sample {
  const { resumptions, storms, seconds } = figures;
  const server = usages.reduce((sum, usage) => sum + usage.server, 0);
  const others = usages.reduce((sum, usage) => sum + usage.others, 0);
  return {
    ...withShares(figures, { server, others }),
    cpuUsPerResumption: (server * 1e6) / resumptions!,
    allBackMs: (seconds! * 1e3) / storms!,
  };
}

async function measure(entrant: Entrant, options: RunOptions, generator: string): Promise<Sample> {
  const { warmup, seconds } = options;
  // Signing in, one storm of each kind more than there is time for, and the time itself.
  const deadline = MARGIN_S + 3 * (warmup + seconds) + (4 * countOf(options)) / SLOWEST;
  const args = generatorArguments(entrant, options);
  const usages: Usage[] = [];
  const readings = {
    back: ({ isMeasured }: Figures, usage: Usage) => {
      if (isMeasured) usages.push(usage);
      return {};
    },
    measured: (figures: Figures) => toSample(figures, usages),
  };
  return withServer(entrant, ({ pid }) =>
    measureLoad({ pid, generator, args, deadline }, readings),
  );
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
  windows: [{ name: 'returns', unit: 'resumption', count: (_, options) => countOf(options) }],
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
