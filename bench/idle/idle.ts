import { processTree, residentKib } from '../rivals/proc.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, drive, flags, SOURCES } from '../run/generator.ts';
import { openFilesLimit, stagesWithin } from '../run/open-files.ts';
import { CpuMeter, withServer } from '../run/running.ts';
import type { Sample, Scenario } from '../run/scenario.ts';

/** Sign-ins a second that even a slow server manages. */
const SLOWEST_SIGN_IN = 25;
/** Sign-ins a second of most. */
const USUAL_SIGN_IN = 200;

interface Reading {
  readonly sessions: number;
  readonly kib: number;
  readonly rate: number;
}

/** KiB a session from the start, and from the first stage on, where one-time costs are behind. */
function toSample(startKib: number, readings: readonly Reading[]): Sample {
  const first = readings[0]!;
  const last = readings.at(-1)!;
  const further = last.sessions - first.sessions;
  return {
    sessions: last.sessions,
    kibPerSession: (last.kib - startKib) / last.sessions,
    kibPerFurtherSession: further > 0 ? (last.kib - first.kib) / further : Number.NaN,
    startMib: startKib / 1024,
    endMib: last.kib / 1024,
    signInsPerSecond: last.rate,
  };
}

/** Memory of sessions that signed in, fetched the roster, sent presence and then do nothing. */
export const idle: Scenario = {
  name: 'idle',
  summary: 'memory of signed-in, silent sessions',
  columns: [
    { key: 'sessions', title: 'sessions', digits: 0 },
    { key: 'kibPerSession', title: 'KiB/session', digits: 1, better: 'lower', kind: 'memory' },
    {
      key: 'kibPerFurtherSession',
      title: 'KiB/further session',
      digits: 1,
      better: 'lower',
      kind: 'memory',
      isOptional: true,
    },
    { key: 'startMib', title: 'MiB at start', digits: 0 },
    { key: 'endMib', title: 'MiB at end', digits: 0, better: 'lower', kind: 'memory' },
    { key: 'signInsPerSecond', title: 'sign-ins/s', digits: 0 },
  ],
  transports: ['tcp', 'websocket'],
  windows: [{ name: 'sessions', unit: 'session', count: ({ sessions }) => sessions! }],
  accounts: ({ sessions }) => Math.max(...sessions),
  lasts: ({ sessions, seconds }) =>
    seconds * sessions.length + Math.max(...sessions) / USUAL_SIGN_IN + 5,
  build: (directory, { tls }) => compileGenerator('idle', directory, tls),

  async measure(entrant, { sessions, seconds }, generator) {
    const stages = stagesWithin(openFilesLimit(), sessions);
    const most = Math.max(...stages);
    if (stages.length === 0) throw new Error('the limit of open files is below every stage');
    const values = { stages: stages.join(','), hold: seconds, sources: SOURCES };
    const args = [...commonArguments(entrant.place), ...flags(values)];
    const deadline = 60 + seconds * (stages.length + 1) + most / SLOWEST_SIGN_IN;
    return withServer(entrant, async ({ pid }) => {
      const startKib = residentKib(processTree(pid));
      const meter = new CpuMeter(pid);
      const readings: Reading[] = [];
      await drive(generator, args, deadline, (event) => {
        if (event.event !== 'open') return false;
        const kib = residentKib(processTree(pid));
        const rate = Number(event.signInsPerSecond);
        readings.push({ sessions: Number(event.sessions), kib, rate });
        return event.sessions === most;
      });
      meter.read();
      return toSample(startKib, readings);
    });
  },
};
