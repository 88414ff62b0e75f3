import type { MetricFamily, Sample } from '../lib/open-metrics.ts';
import type { Durability } from '../storage/ports.ts';
import type { Server } from './server.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { SignIns } from './sign-ins.ts';
import { version } from './version.ts';

/** How a listener fares. */
export interface ListenerLoad {
  readonly connectionCount: number;
  /** Bytes that wait for clients to read, of all its connections, and of the one with most. */
  readonly queued: { readonly total: number; readonly largest: number };
}

/** How long the turns of the event loop took, in nanoseconds, since it was reset. */
export interface LoopDelays {
  readonly count: number;
  percentile(percent: number): number;
  reset(): void;
}

export interface MetricSources {
  readonly server: Server;
  readonly durability: Durability;
  readonly signIns: SignIns;
  readonly throttle: SignInThrottle;
  /** By name: `127.0.0.1:5222`. */
  readonly listeners: ReadonlyMap<string, ListenerLoad>;
  readonly lag: LoopDelays;
  /** Milliseconds between two looks, which the delays include. */
  readonly lagInterval: number;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** Everything that is measured, as it is now; `docs/operating.md` lists it. */
export function collectMetrics(sources: MetricSources): MetricFamily[] {
  return [
    ...processMetrics(sources),
    lagMetric(sources),
    ...clientMetrics(sources),
    ...stanzaMetrics(sources),
    ...storageMetrics(sources),
  ];
}

function processMetrics({ started }: MetricSources): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const labels = { version, node: process.version };
  return [
    one('info', 'epode_build', 'What runs.', 1, labels),
    one('gauge', 'process_start_time_seconds', 'Seconds since 1970.', started / 1_000),
    one('counter', 'process_cpu_seconds', 'CPU time, user and system.', (user + system) / 1e6),
    one('gauge', 'process_resident_memory_bytes', 'Memory in use.', process.memoryUsage.rss()),
  ];
}

/** How late the event loop was, since this was last asked. */
function lagMetric({ lag, lagInterval }: MetricSources): MetricFamily {
  const seconds = (value: number) => Math.max(0, value / 1e9 - lagInterval / 1e3);
  const samples = [50, 99, 100].map((percent) => ({
    labels: { quantile: String(percent / 100) },
    value: lag.count > 0 ? seconds(lag.percentile(percent)) : 0,
  }));
  lag.reset();
  const help = 'How late the event loop was since the last scrape.';
  return { type: 'summary', name: 'epode_event_loop_lag_seconds', help, samples };
}

function clientMetrics({ server, listeners, signIns, throttle }: MetricSources): MetricFamily[] {
  const perListener = (value: (load: ListenerLoad) => number) =>
    [...listeners].map(([listener, load]) => ({ labels: { listener }, value: value(load) }));
  return [
    gauge(
      'epode_connections',
      'Connections, signed in or not.',
      perListener((load) => load.connectionCount),
    ),
    gauge(
      'epode_queued_bytes',
      'Bytes that wait for clients to read.',
      perListener(({ queued }) => queued.total),
    ),
    gauge(
      'epode_longest_queue_bytes',
      'The same of the client with most.',
      perListener(({ queued }) => queued.largest),
    ),
    gauge('epode_sessions', 'Sessions, available or not.', sessionsByHost(server)),
    counter('epode_sign_ins', 'Attempts to sign in.', signIns.samples()),
    counter(
      'epode_slowed_sign_ins',
      'Failures that were not answered at once.',
      throttle.samples(),
    ),
  ];
}

function sessionsByHost(server: Server): Sample[] {
  return [...server.hosts].map(({ host, binder }) => ({
    labels: { host: host.domain },
    value: binder.list().length,
  }));
}

function stanzaMetrics({ server }: MetricSources): MetricFamily[] {
  const samples = [...server.hosts].flatMap(({ host: { domain: host, traffic } }) =>
    (['message', 'presence', 'iq'] as const).flatMap((kind) =>
      Object.entries(traffic[kind]).map(([outcome, value]) => ({
        labels: { host, kind, outcome },
        value,
      })),
    ),
  );
  return [counter('epode_stanzas', 'Stanzas from clients, and what became of them.', samples)];
}

function storageMetrics({ durability }: MetricSources): MetricFamily[] {
  const { latest, committed, commitTimes: reading, dropped } = durability;
  const name = 'epode_commit_duration_seconds';
  const help = 'From a change to its being on disk, by batch.';
  return [
    one('gauge', 'epode_uncommitted_batches', 'Changes on their way to disk.', latest - committed),
    one('counter', 'epode_dropped_changes', 'Changes of accounts that were gone.', dropped),
    { type: 'histogram', name, help, reading },
  ];
}

function one(
  type: 'counter' | 'gauge' | 'info',
  name: string,
  help: string,
  value: number,
  labels?: Sample['labels'],
): MetricFamily {
  return { type, name, help, samples: [{ value, ...(labels && { labels }) }] };
}

function gauge(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { type: 'gauge', name, help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): MetricFamily {
  return { type: 'counter', name, help, samples };
}
