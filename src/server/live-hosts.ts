import { createHmac } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Storage } from '../storage/ports.ts';
import { type CertificateFacts, certificateFacts } from './certificate-facts.ts';
import { openCertificate } from './certificates.ts';
import type { Config, HostConfig } from './config/config.ts';
import type { Server } from './server.ts';
import { ServedStreamHost, ServedStreamHosts } from './stream-hosts.ts';

interface Deps {
  readonly server: Server;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
}

/** What `prepare` needs of a configuration. */
type HostsConfig = Pick<Config, 'hosts' | 'tls' | 'dataDirectory'>;

interface Opened {
  readonly streamHost: ServedStreamHost;
  readonly facts: CertificateFacts;
}

/**
 * The hosts as new streams find them, each with its policy and certificate. They
 * are replaced all together or not at all; streams that are there go on with theirs.
 */
export class LiveHosts {
  readonly streamHosts: ServedStreamHosts;
  readonly #deps: Deps;
  readonly #saltSecret: Buffer;
  #opened: readonly Opened[];

  /** @throws {CertificateError} */
  static async open(config: HostsConfig, deps: Deps): Promise<LiveHosts> {
    const saltSecret = await deps.storage.secret('salt', 32);
    return new LiveHosts(deps, saltSecret, await openAll(config, deps, saltSecret));
  }

  private constructor(deps: Deps, saltSecret: Buffer, opened: readonly Opened[]) {
    this.#deps = deps;
    this.#saltSecret = saltSecret;
    this.#opened = opened;
    this.streamHosts = new ServedStreamHosts(opened.map(({ streamHost }) => streamHost));
  }

  /** The certificates that new connections get. */
  inUse(): readonly CertificateFacts[] {
    return this.#opened.map(({ facts }) => facts);
  }

  /**
   * Opens everything that the same hosts need by `config`; what it returns puts it to
   * use, which cannot fail.
   * @throws {CertificateError}; then all is as it was.
   */
  async prepare(config: HostsConfig): Promise<() => void> {
    const opened = await openAll(config, this.#deps, this.#saltSecret);
    return () => this.#use(opened);
  }

  /** What it returns puts back to use what is in use now, without a look at files. */
  keep(): () => void {
    const opened = this.#opened;
    return () => this.#use(opened);
  }

  #use(opened: readonly Opened[]): void {
    this.#opened = opened;
    this.streamHosts.replace(opened.map(({ streamHost }) => streamHost));
    this.#deps.log.info({ hosts: opened.map(({ facts }) => facts.host) }, 'certificates reloaded');
  }
}

function openAll(config: HostsConfig, deps: Deps, saltSecret: Buffer): Promise<Opened[]> {
  return Promise.all(config.hosts.map((host) => openHost(host, config, deps, saltSecret)));
}

async function openHost(
  host: HostConfig,
  { tls, dataDirectory }: HostsConfig,
  { server, clock, log }: Deps,
  saltSecret: Buffer,
): Promise<Opened> {
  const now = () => clock.now();
  const certificate = await openCertificate(host, { tls, dataDirectory, now: now() });
  for (const warning of certificate.warnings) log.warn({ warning }, 'certificate');
  const served = server.find(host.domain)!;
  await served.keeper.imported.look();
  const { secureContext } = certificate;
  const settings = { policy: host.policy, secureContext, saltSecret: secretOf(host, saltSecret) };
  const streamHost = new ServedStreamHost(served, settings, { storage: served.storage, now });
  return { streamHost, facts: certificateFacts(host.domain, certificate) };
}

/** Of each host its own: a name without account must not have one salt at all of them. */
function secretOf({ domain }: HostConfig, saltSecret: Buffer): Buffer {
  return createHmac('sha256', saltSecret).update(domain).digest();
}
