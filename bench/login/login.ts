import type { Server } from '../rivals/server.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags, SOURCES } from '../run/generator.ts';
import { type Figures, measureLoad, withShares } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Sample, Scenario } from '../run/scenario.ts';

/** Time for the last logins to end, in seconds. */
const MARGIN_S = 60;
/** Logins a second that even a slow server manages. */
const SLOWEST = 25;

function toSample(figures: Figures, usage: Usage): Sample {
  const cpuUsPerLogin = (usage.server * 1e6) / figures.logins!;
  return { ...withShares(figures, usage), cpuUsPerLogin };
}

/** Whether clients can sign in to the server as they were asked to. */
export const knowsMechanism = ({ hasTokens = false }: Server, { mechanism }: RunOptions): boolean =>
  mechanism !== 'FAST' || hasTokens;

/** What a server pays for a login, from the connection to the end of the stream. */
export const login: Scenario = {
  name: 'login',
  summary: 'logins, a few at once, each followed by the end of its session',
  columns: [
    { key: 'cpuUsPerLogin', title: 'CPU us/login', digits: 0, better: 'lower' },
    { key: 'rate', title: 'logins/s', digits: 0, better: 'higher' },
    { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
    { key: 'resumedShare', title: 'TLS resumed', digits: 2 },
    { key: 'serverShare', title: 'server core used', digits: 2 },
    { key: 'generatorShare', title: 'generator core used', digits: 2 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  windows: [{ name: 'logins', unit: 'login', count: ({ logins }) => logins! }],
  accounts: ({ accounts }) => accounts,
  stored: 'keys',
  suits: knowsMechanism,
  build: (directory, { tls }) => compileGenerator('login', directory, tls),

  async measure(entrant, options, generator) {
    const { accounts, mechanism, parallel, warmup, seconds } = options;
    const values = { accounts, mechanism, parallel, warmup, seconds, sources: SOURCES };
    const tickets = options.tickets ? ['--tickets'] : [];
    const args = [...commonArguments(entrant.place), ...flags(values), ...tickets];
    const deadline = warmup + seconds + accounts / SLOWEST + MARGIN_S;
    return withServer(entrant, ({ pid }) =>
      measureLoad({ pid, generator, args, deadline }, { measured: toSample }),
    );
  },
};
