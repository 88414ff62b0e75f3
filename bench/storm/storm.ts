import { dirname } from 'node:path';
import { chatArguments, messages } from '../chat/chat.ts';
import type { Place } from '../rivals/server.ts';
import { compileGenerator, generatorIn } from '../run/compile.ts';
import { commonArguments, drive, flags, SOURCES } from '../run/generator.ts';
import { type Figures, measureLoad, withShares } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { withServer } from '../run/running.ts';
import type { Sample, Scenario } from '../run/scenario.ts';

/** Time for signing in and for the last messages and logins, in seconds. */
const MARGIN_S = 180;
/** The storm blows before it is measured, in seconds. */
const SETTLE_S = 2;
/** Logins under way at a time: a second's worth at the default rate; the next ones wait. */
const MOST_AT_ONCE = 500;

/** Accounts that chat come first, then those that log in. */
const chatting = ({ pairs }: RunOptions) => 2 * pairs;

function loginArguments(place: Place, options: RunOptions): string[] {
  const { accounts, mechanism } = options;
  const values = { accounts, mechanism, first: chatting(options), sources: SOURCES };
  return [...commonArguments(place), ...flags(values)];
}

/** As fast as they come: what the server compiles at first is behind when the storm begins. */
async function rehearse(generator: string, place: Place, options: RunOptions): Promise<void> {
  const { parallel, warmup: seconds } = options;
  const args = [...loginArguments(place, options), ...flags({ parallel, warmup: 0, seconds })];
  await drive(generator, args, seconds + MARGIN_S, ({ event }) => event === 'drained');
}

function loginFigures({ rate, p50Ms, p99Ms, generatorShare }: Figures): Sample {
  const figures = { loginRate: rate!, loginP50Ms: p50Ms!, loginP99Ms: p99Ms! };
  return { ...figures, loginGeneratorShare: generatorShare! };
}

interface Part {
  readonly generator: string;
  readonly pid: number;
}

async function logIn(part: Part, place: Place, options: RunOptions): Promise<Sample> {
  const { logins: rate, seconds } = options;
  const values = { rate, parallel: MOST_AT_ONCE, warmup: SETTLE_S, seconds };
  const args = [...loginArguments(place, options), ...flags(values)];
  const deadline = SETTLE_S + seconds + MARGIN_S;
  return measureLoad({ ...part, args, deadline, isRecorded: false }, { measured: loginFigures });
}

interface Chat extends Part {
  /** Called as soon as messages leave at the fixed rate. */
  onPaced(): void;
}

async function chat({ onPaced, ...part }: Chat, place: Place, options: RunOptions) {
  const pace = flags({ rate: options.rate, settle: SETTLE_S });
  const args = [...commonArguments(place), ...chatArguments(options), ...pace];
  const { warmup, seconds } = options;
  const deadline = warmup + SETTLE_S + seconds + MARGIN_S;
  const paced = () => {
    onPaced();
    return {};
  };
  return measureLoad({ ...part, args, deadline }, { paced, measured: withShares });
}

/** How those who chat fare while many log in. */
export const storm: Scenario = {
  name: 'storm',
  summary: 'one-to-one messages at a fixed rate while users log in at a fixed rate',
  columns: [
    { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
    { key: 'p999Ms', title: 'p99.9 ms', digits: 2, better: 'lower' },
    { key: 'loginRate', title: 'logins/s', digits: 0, better: 'higher' },
    { key: 'loginP50Ms', title: 'login p50 ms', digits: 1 },
    { key: 'loginP99Ms', title: 'login p99 ms', digits: 1 },
    { key: 'rate', title: 'messages/s', digits: 0 },
    { key: 'serverShare', title: 'server core used', digits: 2 },
    { key: 'generatorShare', title: 'generator core used', digits: 2 },
    { key: 'loginGeneratorShare', title: 'by logins', digits: 2 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  windows: [messages],
  accounts: (options) => chatting(options) + options.accounts,
  stored: 'keys',
  lasts: ({ warmup, seconds }) => 2 * warmup + 2 * SETTLE_S + seconds + 10,

  async build(directory, { tls }) {
    await compileGenerator('login', directory, tls);
    return compileGenerator('chat', directory, tls);
  },

  async measure(entrant, options, generator) {
    const { place } = entrant;
    const loginGenerator = generatorIn(dirname(generator), 'login');
    return withServer(entrant, async ({ pid }) => {
      await rehearse(loginGenerator, place, options);
      const { promise: paced, resolve: onPaced } = Promise.withResolvers<void>();
      const [messages, logins] = await Promise.all([
        chat({ generator, pid, onPaced }, place, options),
        paced.then(() => logIn({ generator: loginGenerator, pid }, place, options)),
      ]);
      return { ...messages, ...logins };
    });
  },
};
