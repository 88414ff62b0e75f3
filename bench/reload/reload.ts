import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Place, Variation } from '../rivals/server.ts';
import { createCertificate } from '../run/certificate.ts';
import { compileGenerator } from '../run/compile.ts';
import { commonArguments, flags, SOURCES } from '../run/generator.ts';
import { type Figures, measureLoad } from '../run/measured.ts';
import type { RunOptions } from '../run/options.ts';
import { type Usage, withServer } from '../run/running.ts';
import type { Entrant, Sample, Scenario } from '../run/scenario.ts';

/** Before the first reload, in milliseconds. */
const FIRST_MS = 300;
/** Sign-ins a second that even a slow server manages. */
const SLOWEST_SIGN_IN = 25;
/** Sign-ins a second of most. */
const USUAL_SIGN_IN = 200;
const MARGIN_S = 60;

/** Two configurations that differ in everything a running server can change. */
async function variations({ directory, accounts }: Place): Promise<Variation[]> {
  const made: Variation[] = [];
  for (const logsMore of [true, false]) {
    const folder = join(directory, `certificate-${made.length}`);
    mkdirSync(folder, { recursive: true });
    const certificate = await createCertificate(folder, accounts.domain);
    made.push({ certificate, logsMore, stanzaLimit: (logsMore ? 128 : 256) * 1_024 });
  }
  return made;
}

/** Reloads about once a second within the window, as often one way as the other; returns how often. */
async function reloadRepeatedly(
  { server, place }: Entrant,
  pid: number,
  seconds: number,
  choices: readonly Variation[],
): Promise<number> {
  const times = 2 * Math.max(1, Math.floor(seconds / 2));
  await pause(FIRST_MS);
  for (let turn = 0; turn < times; turn++) {
    await server.vary!(place, choices[turn % choices.length]!);
    process.kill(pid, 'SIGHUP');
    await pause((seconds * 1_000 - FIRST_MS) / times);
  }
  return times;
}

/** Every second reload is sure to be in the log. */
async function checkReloads(entrant: Entrant, times: number): Promise<void> {
  const output = readFileSync(entrant.logFile, 'utf8');
  const seen = await entrant.server.reloads!(entrant.place, output);
  const wanted = times / 2;
  if (seen !== wanted) throw new Error(`${seen} reloads in the log instead of ${wanted}`);
}

/** The longest time the event loop was late since it was last asked, in milliseconds, if it tells. */
async function longestLagMs({ metricsPort }: Place): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch(() => null);
  const text = (await answer?.text()) ?? '';
  const lag = /^epode_event_loop_lag_seconds\{quantile="1"\} (\S+)$/m.exec(text)?.[1];
  return Number(lag ?? Number.NaN) * 1e3;
}

/** What the answers to pings were like with reloads; those without are told before. */
function answers({ longestMs, p99Ms }: Figures, { quietP50Ms }: Sample): Sample {
  const stoppedMs = Math.max(0, longestMs! - quietP50Ms!);
  return { stoppedMs, longestMs: longestMs!, p99Ms: p99Ms! };
}

function generatorArguments({ place }: Entrant, { sessions, warmup, seconds }: RunOptions) {
  const values = { users: sessions.at(-1)!, warmup, seconds, sources: SOURCES };
  return [...commonArguments(place), ...flags(values)];
}

async function measure(entrant: Entrant, options: RunOptions, generator: string): Promise<Sample> {
  const { place } = entrant;
  const { sessions, warmup, seconds } = options;
  const choices = await variations(place);
  const deadline = MARGIN_S + warmup + 2 * seconds + sessions.at(-1)! / SLOWEST_SIGN_IN;
  const args = generatorArguments(entrant, options);
  /** What was before is not what is asked for. */
  const forgetLag = async () => {
    await longestLagMs(place);
    return {};
  };
  return withServer(entrant, async ({ pid }) => {
    const sample = await measureLoad(
      { pid, generator, args, deadline },
      {
        settled: forgetLag,
        quiet: async ({ longestMs, p50Ms }) => {
          const quietLagMs = await longestLagMs(place);
          return { quietLongestMs: longestMs!, quietP50Ms: p50Ms!, quietLagMs };
        },
        reloading: async () => {
          await forgetLag();
          return { reloads: await reloadRepeatedly(entrant, pid, seconds, choices) };
        },
        reloaded: async (figures, { others }: Usage, soFar) => {
          const lagMs = await longestLagMs(place);
          return { ...answers(figures, soFar), lagMs, othersShare: others / seconds };
        },
      },
    );
    await checkReloads(entrant, sample.reloads!);
    return sample;
  });
}

/** How long a reload stops the server, seen by a client, and by the server itself. */
export const reload: Scenario = {
  name: 'reload',
  summary: 'the longest answer to a ping while the configuration is reloaded',
  columns: [
    { key: 'stoppedMs', title: 'ms stopped', digits: 1, better: 'lower' },
    { key: 'longestMs', title: 'longest answer ms', digits: 1 },
    { key: 'quietLongestMs', title: 'without reloads', digits: 1 },
    { key: 'quietP50Ms', title: 'their median', digits: 2 },
    { key: 'lagMs', title: 'event loop late ms', digits: 1 },
    { key: 'quietLagMs', title: 'without reloads', digits: 1 },
    { key: 'reloads', title: 'reloads', digits: 0 },
    { key: 'othersShare', title: 'others on the server core', digits: 2 },
  ],
  windows: [{ name: 'reloads', unit: 'reload', count: ({ reloads }) => reloads! }],
  accounts: ({ sessions }) => sessions.at(-1)! + 1,
  lasts: ({ sessions, warmup, seconds }) =>
    sessions.at(-1)! / USUAL_SIGN_IN + warmup + 2 * seconds + 5,
  readsMetrics: true,
  suits: ({ vary }) => vary !== undefined,
  build: (directory, { tls }) => compileGenerator('reload', directory, tls),
  measure,
};
