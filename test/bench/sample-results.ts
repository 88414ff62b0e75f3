import type { RunResult, SuiteResults } from '../../bench/suite/results.ts';

const COST = {
  key: 'cpuUsPerMessage',
  title: 'CPU us/message',
  digits: 1,
  better: 'lower',
} as const;
const RATE = { key: 'rate', title: 'messages/s', digits: 0, better: 'higher' } as const;
const SHARE = { key: 'generatorShare', title: 'generator core used', digits: 2 } as const;

const sample = (cpuUsPerMessage: number, rate: number) => ({
  cpuUsPerMessage,
  rate,
  generatorShare: 0.4,
  othersShare: 0.01,
});

/** Three rounds, in which ejabberd failed after the first. */
export const chatRun: RunResult = {
  title: 'one-to-one chat',
  args: 'chat --tls',
  servers: ['epode', 'prosody', 'ejabberd'],
  columns: [COST, RATE, SHARE],
  inReadme: ['cpuUsPerMessage', 'rate'],
  charted: [],
  rounds: [
    {
      epode: sample(4, 250_000),
      prosody: sample(80, 12_500),
      ejabberd: sample(40, 25_000),
    },
    { epode: sample(5, 200_000), prosody: sample(60, 16_000) },
    { epode: sample(3, 300_000), prosody: sample(90, 11_000) },
  ],
  failures: [{ server: 'ejabberd', round: 2, reason: 'does not listen\nlog of ejabberd' }],
};

export const startRun: RunResult = {
  title: 'start',
  args: 'start-up',
  servers: ['epode', 'prosody', 'ejabberd'],
  columns: [{ key: 'ms', title: 'ms until it answers', digits: 0, better: 'lower' }],
  inReadme: ['ms'],
  charted: [],
  rounds: [{ epode: { ms: 350 }, prosody: { ms: 50 }, ejabberd: { ms: 770 } }],
  failures: [],
};

export const suiteResults: SuiteResults = {
  format: 1,
  date: '2026-11-27T12:00:00.000Z',
  args: '--rounds 3',
  minutes: 61.4,
  machine: { cpu: 'Some CPU', cores: 2, memoryGib: 8, arch: 'x64', system: 'Debian GNU/Linux 12' },
  versions: { epode: 'abc1234', prosody: '0.12.3', ejabberd: null, node: 'v24.21.0' },
  runs: [chatRun, startRun],
};
