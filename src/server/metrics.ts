import type { MetricFamily, Sample } from '../lib/open-metrics.ts';
import type { Durability } from '../storage/ports.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import type { Components } from './components.ts';
import { METRICS } from './metric-table.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { SignIns } from './sign-ins.ts';
import type { Traffic } from './traffic.ts';
import { version } from './version.ts';

/** How a listener fares. */
export interface ListenerLoad {
  readonly connectionCount: number;
  /** Bytes that wait for clients to read, of all its connections, and of the one with most. */
  readonly queued: { readonly total: number; readonly largest: number };
  /** How many connections were refused since the start, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

/** How long the turns of the event loop took, in nanoseconds, since it was reset. */
export interface LoopDelays {
  readonly count: number;
  percentile(percent: number): number;
  reset(): void;
}

export interface MetricSources {
  readonly server: Server;
  readonly components: Components;
  readonly durability: Durability;
  readonly signIns: SignIns;
  readonly throttle: SignInThrottle;
  /** By name: `127.0.0.1:5222`. */
  readonly listeners: ReadonlyMap<string, ListenerLoad>;
  /** Passwords that wait to be hashed. */
  readonly hashing: { readonly waiting: number };
  /** Those that new connections get. */
  certificates(): readonly CertificateFacts[];
  readonly lag: LoopDelays;
  /** Milliseconds between two looks, which the delays include. */
  readonly lagInterval: number;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** Everything that is measured, as it is now; `docs/metrics.md` lists it. */
export function collectMetrics(sources: MetricSources): MetricFamily[] {
  return [
    ...processMetrics(sources),
    lagMetric(sources),
    ...clientMetrics(sources),
    ...stanzaMetrics(sources),
    ...uploadMetrics(sources),
    ...componentMetrics(sources),
    ...storageMetrics(sources),
  ];
}

function processMetrics({ started, certificates }: MetricSources): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const expiries = certificates().map(({ host, validTo }) => ({
    labels: { host },
    value: Math.floor(validTo / 1_000),
  }));
  return [
    { ...METRICS.build, samples: [{ labels: { version, node: process.version }, value: 1 }] },
    one(METRICS.started, started / 1_000),
    one(METRICS.cpu, (user + system) / 1e6),
    one(METRICS.memory, process.memoryUsage.rss()),
    { ...METRICS.certificateExpiry, samples: expiries },
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
  return { ...METRICS.lag, samples };
}

function clientMetrics(sources: MetricSources): MetricFamily[] {
  const { server, listeners, signIns, throttle, hashing } = sources;
  const perListener = (value: (load: ListenerLoad) => number) =>
    [...listeners].map(([listener, load]) => ({ labels: { listener }, value: value(load) }));
  return [
    { ...METRICS.connections, samples: perListener((load) => load.connectionCount) },
    { ...METRICS.refused, samples: [...listeners].flatMap(refusals) },
    { ...METRICS.queued, samples: perListener(({ queued }) => queued.total) },
    { ...METRICS.longestQueue, samples: perListener(({ queued }) => queued.largest) },
    { ...METRICS.sessions, samples: sessionsByHost(server) },
    { ...METRICS.detached, samples: sessionsByHost(server, ({ isDetached }) => isDetached) },
    { ...METRICS.resumptions, samples: resumptionsByHost(server) },
    { ...METRICS.signIns, samples: signIns.samples() },
    { ...METRICS.slowedSignIns, samples: throttle.samples() },
    one(METRICS.waitingPasswords, hashing.waiting),
  ];
}

function refusals([listener, { refused }]: readonly [string, ListenerLoad]): Sample[] {
  return Object.entries(refused).map(([reason, value]) => ({
    labels: { listener, reason },
    value,
  }));
}

function sessionsByHost(
  server: Server,
  counts: (session: Session) => boolean = () => true,
): Sample[] {
  return [...server.hosts].map(({ host, binder }) => ({
    labels: { host: host.domain },
    value: binder.list().filter(counts).length,
  }));
}

function resumptionsByHost(server: Server): Sample[] {
  return [...server.hosts].flatMap(({ host: { domain: host, traffic } }) =>
    Object.entries(traffic.resumptions).map(([outcome, value]) => ({
      labels: { host, outcome },
      value,
    })),
  );
}

function stanzaMetrics({ server }: MetricSources): MetricFamily[] {
  const samples = [...server.hosts].flatMap(({ host: { domain: host, traffic } }) =>
    trafficSamples(traffic, { host }),
  );
  const credentials = [...server.hosts].map(({ host: { domain: host, traffic } }) => ({
    labels: { host },
    value: traffic.credentials,
  }));
  const calls = [...server.hosts].flatMap(({ host: { domain: host, traffic } }) =>
    Object.entries(traffic.calls).map(([outcome, value]) => ({ labels: { host, outcome }, value })),
  );
  return [
    { ...METRICS.stanzas, samples },
    { ...METRICS.credentials, samples: credentials },
    { ...METRICS.calls, samples: calls },
  ];
}

function uploadMetrics({ server }: MetricSources): MetricFamily[] {
  const hosts = [...server.hosts].map(({ host }) => host);
  const outcomes = hosts.flatMap(({ domain: host, traffic }) =>
    Object.entries(traffic.uploads).map(([outcome, value]) => ({
      labels: { host, outcome },
      value,
    })),
  );
  const kept = hosts.map(({ domain: host, traffic }) => ({
    labels: { host },
    value: traffic.keptBytes,
  }));
  return [
    { ...METRICS.uploads, samples: outcomes },
    { ...METRICS.keptUploads, samples: kept },
  ];
}

function componentMetrics({ components }: MetricSources): MetricFamily[] {
  const all = [...components.all];
  const connected = all.map(({ domain: component, session }) => ({
    labels: { component },
    value: session ? 1 : 0,
  }));
  const samples = all.flatMap(({ domain, traffic }) =>
    trafficSamples(traffic, { component: domain }),
  );
  return [
    { ...METRICS.components, samples: connected },
    { ...METRICS.componentStanzas, samples },
  ];
}

function trafficSamples(traffic: Traffic, whose: Readonly<Record<string, string>>): Sample[] {
  return (['message', 'presence', 'iq'] as const).flatMap((kind) =>
    Object.entries(traffic[kind]).map(([outcome, value]) => ({
      labels: { ...whose, kind, outcome },
      value,
    })),
  );
}

function storageMetrics({ durability }: MetricSources): MetricFamily[] {
  const { latest, committed, commitTimes: reading, dropped } = durability;
  return [
    one(METRICS.uncommitted, latest - committed),
    one(METRICS.droppedChanges, dropped),
    { ...METRICS.commits, reading },
  ];
}

function one(
  metric: Pick<MetricFamily, 'name' | 'help'> & { readonly type: 'counter' | 'gauge' },
  value: number,
): MetricFamily {
  return { ...metric, samples: [{ value }] };
}
