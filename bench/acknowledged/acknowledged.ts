import { cost, latencies, rate, shares, toSample } from '../chat/chat.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, drive, flags } from '../run/generator.ts';
import type { RunOptions } from '../run/options.ts';
import { CpuMeter, withServer } from '../run/running.ts';
import type { Column, Sample, Scenario } from '../run/scenario.ts';

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
  archives: true,
  managesStreams: true,
  accounts: () => 2 * PAIRS,
  build: (directory, { tls }) => compileGenerator('acknowledged', directory, tls),

  async measure(entrant, options, generator) {
    const args = [...commonArguments(entrant.place), ...generatorArguments(options)];
    const deadline = options.warmup + SETTLE_S + options.seconds + MARGIN_S;
    return withServer(entrant, async ({ pid }) => {
      let meter: CpuMeter | undefined;
      let sample: Sample = {};
      await drive(generator, args, deadline, (event) => {
        const { event: what, ...numbers } = event;
        if (what === 'measuring') meter = new CpuMeter(pid);
        if (what === 'measured') sample = toSample(event, meter!.read());
        if (what === 'acknowledged') sample = { ...sample, ...(numbers as Sample) };
        return what === 'drained';
      });
      return sample;
    });
  },
};
