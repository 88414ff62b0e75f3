import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags } from '../run/generator.ts';
import { type Figures, measureLoad, withShares } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Column, Entrant, Sample, Scenario, Window } from '../run/scenario.ts';

/** Time for signing in and for the last messages to arrive, in seconds. */
const MARGIN_S = 120;

/** What `chat`'s generator is told, and that of `bosh`. */
export function chatArguments(options: RunOptions): string[] {
  const { pairs, outstanding, body, warmup, seconds } = options;
  return flags({ pairs, outstanding, body, warmup, seconds });
}

/** Seconds in which a generator of messages has to be done. */
export const chatDeadline = ({ warmup, seconds }: RunOptions) => warmup + seconds + MARGIN_S;

/** What a generator measured, and what the server used meanwhile. */
export function toSample(figures: Figures, usage: Usage): Sample {
  const { messages, generatorCpuSeconds } = figures;
  return {
    ...withShares(figures, usage),
    cpuUsPerMessage: (usage.server * 1e6) / messages!,
    generatorUsPerMessage: (generatorCpuSeconds! * 1e6) / messages!,
  };
}

/** One sample of a generator that reports as `chat`'s does. */
export async function measureChat(
  entrant: Entrant,
  options: RunOptions,
  generator: string,
  extra: readonly string[],
): Promise<Sample> {
  const args = [...commonArguments(entrant.place), ...chatArguments(options), ...extra];
  const deadline = chatDeadline(options);
  return withServer(entrant, ({ pid }) =>
    measureLoad({ pid, generator, args, deadline }, { measured: toSample }),
  );
}

/** Over WebSocket what leaves together is one write, and over TCP too when they are compared. */
const joined = ({ place }: Entrant) => (place.webPort === null ? [] : ['--join-writes']);

export const shares: readonly Column[] = [
  { key: 'serverShare', title: 'server core used', digits: 2 },
  { key: 'generatorShare', title: 'generator core used', digits: 2 },
  { key: 'generatorUsPerMessage', title: 'generator us/message', digits: 1 },
  { key: 'othersShare', title: 'others on the server core', digits: 2 },
];

export const latencies: readonly Column[] = [
  { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
  { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
  { key: 'p999Ms', title: 'p99.9 ms', digits: 2, better: 'lower' },
];

export const cost: Column = {
  key: 'cpuUsPerMessage',
  title: 'CPU us/message',
  digits: 1,
  better: 'lower',
};

export const rate: Column = { key: 'rate', title: 'messages/s', digits: 0 };

/** What is measured of those who chat. */
export const messages: Window = {
  name: 'messages',
  unit: 'message',
  count: (sample) => sample.messages!,
};

/** The most messages a server passes between pairs of users. */
export const chat: Scenario = {
  name: 'chat',
  summary: 'one-to-one messages, each arrival releases the next',
  columns: [cost, { ...rate, better: 'higher' }, ...latencies, ...shares],
  transports: ['tcp', 'websocket'],
  windows: [messages],
  accounts: ({ pairs }) => 2 * pairs,
  build: (directory, { tls }) => compileGenerator('chat', directory, tls),
  measure: (entrant, options, generator) =>
    measureChat(entrant, options, generator, joined(entrant)),
};

/** Cost and latency under a load that every server carries with ease. */
export const fixedRate: Scenario = {
  ...chat,
  name: 'rate',
  summary: 'one-to-one messages at a fixed rate',
  columns: [cost, rate, ...latencies, ...shares],
  measure: (entrant, options, generator) =>
    measureChat(entrant, options, generator, ['--rate', String(options.rate), ...joined(entrant)]),
};
