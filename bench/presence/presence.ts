import { setTimeout as delay } from 'node:timers/promises';
import { knowsMechanism } from '../login/login.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, drive, flags, type GeneratorEvent } from '../run/generator.ts';
import type { RunOptions } from '../run/options.ts';
import { CpuMeter, withServer } from '../run/running.ts';
import type { Sample, Scenario } from '../run/scenario.ts';

/** Between the rehearsal and the measured run. */
const SETTLE_MS = 2_000;

/** Time for the logins of the slowest server and for the last presences to arrive, in seconds. */
const MARGIN_S = 180;

/** What the logins of both meshes usually take, in seconds. */
const MESHES_S = 30;

type Usage = ReturnType<CpuMeter['read']>;

function presenceArguments(options: RunOptions): string[] {
  const { users, mechanism, outstanding, warmup, seconds, tickets } = options;
  const values = flags({ users, mechanism, outstanding, warmup, seconds });
  return tickets ? [...values, '--tickets'] : values;
}

function loginFigures(event: GeneratorEvent, cpu: Usage): Sample {
  const { presences, seconds, generatorShare } = event as Readonly<Record<string, number>>;
  return {
    loginCpuSeconds: cpu.server,
    loginSeconds: seconds!,
    loginPresences: presences!,
    loginGeneratorShare: generatorShare!,
    loginOthersShare: cpu.others / seconds!,
  };
}

function updateFigures(event: GeneratorEvent, cpu: Usage): Sample {
  const { event: _, ...rest } = event;
  const numbers = rest as Readonly<Record<string, number>>;
  return {
    ...numbers,
    cpuUsPerPresence: (cpu.server * 1e6) / numbers.presences!,
    serverShare: cpu.server / numbers.seconds!,
    updatesOthersShare: cpu.others / numbers.seconds!,
  };
}

/** The reading at each event that ends a phase is of the meter from the event that began it. */
function reader(pid: number): (event: GeneratorEvent) => Sample {
  let meter: CpuMeter | undefined;
  return (event) => {
    switch (event.event) {
      case 'logging-in':
      case 'measuring':
        meter = new CpuMeter(pid);
        return {};
      case 'logged-in':
        return loginFigures(event, meter!.read());
      case 'measured':
        return updateFigures(event, meter!.read());
      default:
        return {};
    }
  };
}

/** Full mesh: everybody sees everybody. */
export const presence: Scenario = {
  name: 'presence',
  summary: 'users who all see each other log in one after another, then change their presence',
  columns: [
    { key: 'loginCpuSeconds', title: 'mesh login CPU s', digits: 2, better: 'lower' },
    { key: 'loginSeconds', title: 'mesh login s', digits: 2, better: 'lower' },
    { key: 'cpuUsPerPresence', title: 'CPU us/presence', digits: 1, better: 'lower' },
    { key: 'rate', title: 'presences/s', digits: 0, better: 'higher' },
    { key: 'p50Ms', title: 'p50 ms', digits: 2, better: 'lower' },
    { key: 'p99Ms', title: 'p99 ms', digits: 2, better: 'lower' },
    { key: 'serverShare', title: 'server core used', digits: 2 },
    { key: 'generatorShare', title: 'generator core used', digits: 2 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  windows: [
    { name: 'logins', unit: 'login', count: (_, { users }) => users },
    { name: 'updates', unit: 'presence', count: ({ presences }) => presences! },
  ],
  accounts: ({ users }) => users,
  areContacts: true,
  stored: 'keys',
  suits: knowsMechanism,
  lasts: ({ warmup, seconds }) => 2 * warmup + seconds + MESHES_S,
  build: (directory, { tls }) => compileGenerator('presence', directory, tls),

  async measure(entrant, options, generator) {
    const common = commonArguments(entrant.place);
    const args = [...common, ...presenceArguments(options)];
    const rehearsal = [
      ...common,
      ...presenceArguments({ ...options, warmup: 0, seconds: options.warmup }),
    ];
    const deadline = options.warmup + options.seconds + MARGIN_S;
    return withServer(entrant, async ({ pid }) => {
      await drive(generator, rehearsal, deadline, ({ event }) => event === 'signed-out');
      // Until everybody has been seen to go.
      await delay(SETTLE_MS);
      const read = reader(pid);
      const sample: Record<string, number> = {};
      await drive(generator, args, deadline, (event) => {
        Object.assign(sample, read(event));
        return event.event === 'signed-out';
      });
      const { loginOthersShare, updatesOthersShare } = sample;
      return { ...sample, othersShare: Math.max(loginOthersShare!, updatesOthersShare!) };
    });
  },
};
