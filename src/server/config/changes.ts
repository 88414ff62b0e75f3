import { isDeepStrictEqual } from 'node:util';
import type { Config, HostConfig } from './config.ts';

/** What differs between the running configuration and the file. */
export interface ConfigChanges {
  /** What takes effect now: `log.level`, `signIn (example.org)`. */
  readonly live: readonly string[];
  /** What takes effect at the next start. */
  readonly needsRestart: readonly string[];
}

type Picks<T> = Readonly<Record<string, (of: T) => unknown>>;

const LIVE: Picks<Config> = {
  'log.level': ({ log }) => log.level,
  components: ({ components }) => components,
  'tls.minVersion': ({ tls }) => tls.minVersion,
  limits: ({ limits, hosts }) => [limits, hosts[0]!.policy.beforeLogin, streamLimits(hosts[0]!)],
};

const LIVE_OF_HOST: Picks<HostConfig> = {
  certificate: ({ certificate }) => certificate,
  signIn: (host) => [
    [signInRules(host), host.sessions, host.accounts.scramIterations],
    [host.accounts.suitsImported, host.clientAuthority],
  ],
  accounts: ({ accounts }) => accounts.nameRetirement,
};

const FIXED_OF_HOST: Picks<HostConfig> = {
  'signIn.anonymous': ({ kind }) => kind,
  'accounts.source': ({ source }) => source,
  publicUrl: ({ publicUrl }) => publicUrl,
};

/** What waits for a restart, although the section around it does not. */
export const FIXED_KEYS: readonly string[] = [
  ...Object.keys(FIXED_OF_HOST),
  ...['http', 'jwt', 'ldap'].map((source) => `accounts.${source}`),
];

/** What a reload puts to use, by keys of the file or of a host: `limits`, `certificate`. */
export const LIVE_KEYS: readonly string[] = [LIVE, LIVE_OF_HOST].flatMap(Object.keys);

const FIXED: Picks<Config> = {
  data: ({ dataDirectory }) => dataDirectory,
  hosts: ({ hosts }) => hosts.map(({ domain }) => domain),
  listeners: ({ listeners }) => listeners,
  http: ({ http }) => http,
  'log.format': ({ log }) => log.format,
  'control.socket': ({ controlSocket }) => controlSocket,
  metrics: ({ metrics }) => metrics,
};

/** Whether a module's settings wait for a restart. */
export type Waits = (module: string) => boolean;

/** Compares what runs with what the file says now. */
export function compareConfigs(running: Config, next: Config, waits: Waits): ConfigChanges {
  const pairs = hostPairs(running, next);
  return {
    live: [
      ...differing(LIVE, running, next),
      ...pairs
        .filter(isOfOneKind)
        .flatMap(([from, to]) => [
          ...differing(LIVE_OF_HOST, from, to).map(at(to)),
          ...modulesThat(isLive, from, to, waits).map(at(to)),
        ]),
    ],
    needsRestart: [
      ...differing(FIXED, running, next),
      ...pairs.flatMap(([from, to]) => differing(FIXED_OF_HOST, from, to).map(at(to))),
      ...pairs.flatMap(([from, to]) => modulesThat(isFixed, from, to, waits).map(at(to))),
    ],
  };
}

/** The running configuration with what may change while the server runs. */
export function withLiveParts(running: Config, next: Config, waits: Waits): Config {
  const hosts = running.hosts.map((host) => {
    const found = next.hosts.find(({ domain }) => domain === host.domain) ?? host;
    if (found.kind !== host.kind) return host;
    const { source, publicUrl, webUrl } = host;
    return { ...found, source, publicUrl, webUrl, modules: liveModules(host, found, waits) };
  });
  const { tls, limits, components, warnings } = next;
  return {
    ...running,
    tls,
    limits,
    components,
    warnings,
    hosts,
    log: { ...running.log, level: next.log.level },
  };
}

/** A host that changes its kind is as it was until a restart. */
function isOfOneKind([from, to]: readonly [HostConfig, HostConfig]): boolean {
  return from.kind === to.kind;
}

function hostPairs(running: Config, next: Config): (readonly [HostConfig, HostConfig])[] {
  return running.hosts.flatMap((from) => {
    const to = next.hosts.find(({ domain }) => domain === from.domain);
    return to ? [[from, to] as const] : [];
  });
}

function differing<T>(picks: Picks<T>, running: T, next: T): string[] {
  const names = Object.keys(picks);
  return names.filter((name) => !isDeepStrictEqual(picks[name]!(running), picks[name]!(next)));
}

/** A module's section before and after; false where it is off. */
type SectionChange = (from: unknown, to: unknown, waits: boolean) => boolean;

const isLive: SectionChange = (from, to, waits) =>
  from !== false && to !== false && !waits && !isDeepStrictEqual(from, to);

const isFixed: SectionChange = (from, to, waits) =>
  !isDeepStrictEqual(from, to) && !isLive(from, to, waits);

function modulesThat(
  changed: SectionChange,
  running: HostConfig,
  next: HostConfig,
  waits: Waits,
): string[] {
  return [...next.modules]
    .filter(([name, to]) => changed(running.modules.get(name), to, waits(name)))
    .map(([name]) => `modules.${name}`);
}

function liveModules(running: HostConfig, next: HostConfig, waits: Waits): HostConfig['modules'] {
  const sections = [...running.modules].map(([name, from]) => {
    const to = next.modules.get(name);
    return [name, isLive(from, to, waits(name)) ? to : from] as const;
  });
  return new Map(sections);
}

function at({ domain }: HostConfig): (name: string) => string {
  return (name) => `${name} (${domain})`;
}

function streamLimits({ policy }: HostConfig): unknown {
  return [policy.afterLogin, policy.negotiationTimeout, policy.idleTimeout];
}

function signInRules({ policy }: HostConfig): unknown {
  const { requiresTls, allowsPlainLoopback, maxAuthAttempts, maxFailureDelay, mechanisms } = policy;
  const { tokens } = policy;
  return [requiresTls, allowsPlainLoopback, maxAuthAttempts, maxFailureDelay, mechanisms, tokens];
}
