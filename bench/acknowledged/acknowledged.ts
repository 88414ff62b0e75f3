import { cost, latencies, messages, rate, shares, toSample } from '../chat/chat.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags } from '../run/generator.ts';
import { type Figures, measureLoad } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { withServer } from '../run/running.ts';
import type { Column, Scenario } from '../run/scenario.ts';

/** Half of 100 clients send, half receive. */
const PAIRS = 50;
/** Time for signing in and for the last messages, in seconds. */
const MARGIN_S = 120;
/** Seconds at the rate before they are measured: what the warm-up has left behind is done then. */
const SETTLE_S = 5;

const answers: readonly Column[] = [
  { key: 'ackP50Ms', title: 'ack p50 ms', digits: 2, better: 'lower' },
  { key: 'ackP99Ms', title: 'ack p99 ms', digits: 2, better: 'lower' },
  { key: 'ackP999Ms', title: 'ack p99.9 ms', digits: 2, better: 'lower' },
];

function generatorArguments({ body, warmup, seconds, rate }: RunOptions): string[] {
  return flags({ pairs: PAIRS, outstanding: 4, body, warmup, seconds, rate, settle: SETTLE_S });
}

/** How long a message takes that is on disk for both sides before anybody hears of it. */
export const acknowledged: Scenario = {
  name: 'acknowledged',
  summary: 'archived messages at a fixed rate, acknowledged by stream management (XEP-0198)',
  columns: [cost, rate, ...latencies, ...answers, ...shares],
  lasts: ({ warmup, seconds }) => warmup + SETTLE_S + seconds + 8,
  windows: [messages],
  archives: true,
  managesStreams: true,
  accounts: () => 2 * PAIRS,
  build: (directory, { tls }) => compileGenerator('acknowledged', directory, tls),

  async measure(entrant, options, generator) {
    const args = [...commonArguments(entrant.place), ...generatorArguments(options)];
    const deadline = options.warmup + SETTLE_S + options.seconds + MARGIN_S;
    const readings = { measured: toSample, acknowledged: (answers: Figures) => answers };
    return withServer(entrant, ({ pid }) =>
      measureLoad({ pid, generator, args, deadline }, readings),
    );
  },
};
