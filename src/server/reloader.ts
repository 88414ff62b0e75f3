import type { Log } from '../lib/log.ts';
import { Turns } from '../lib/turns.ts';
import type { CertificateControl, ReloadControl, ReloadFacts } from './admin/ports.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { compareConfigs, type Waits, withLiveParts } from './config/changes.ts';
import type { Config } from './config/config.ts';
import type { LiveHosts } from './live-hosts.ts';

/** What the new configuration has to reach. */
export interface ReloadTargets {
  /** @throws {ConfigError} with every problem of the file. */
  read(): Config;
  readonly hosts: LiveHosts;
  /** Puts the rest of what may change to use, or throws and has changed nothing. */
  apply(config: Config): void;
  readonly waits: Waits;
  readonly log: Log;
}

/** Takes a changed configuration, or changed certificates: as a whole or not at all. */
export class Reloader implements ReloadControl, CertificateControl {
  readonly #targets: ReloadTargets;
  readonly #turns = new Turns();
  #config: Config;

  constructor(config: Config, targets: ReloadTargets) {
    this.#config = config;
    this.#targets = targets;
  }

  inUse(): readonly CertificateFacts[] {
    return this.#targets.hosts.inUse();
  }

  reloadCertificates(): Promise<readonly CertificateFacts[]> {
    return this.#turns.run(async () => {
      const use = await this.#targets.hosts.prepare(this.#config);
      use();
      return this.inUse();
    });
  }

  reload(): Promise<ReloadFacts> {
    return this.#turns.run(() => this.#reload());
  }

  async #reload(): Promise<ReloadFacts> {
    const { read, hosts, apply, waits, log } = this.#targets;
    const next = read();
    const changes = compareConfigs(this.#config, next, waits);
    const config = withLiveParts(this.#config, next, waits);
    const use = await hosts.prepare(config);
    apply(config);
    use();
    this.#config = config;
    for (const warning of next.warnings) log.warn({ warning }, 'configuration');
    log.info(changes, 'configuration reloaded');
    return { file: config.file, ...changes, warnings: next.warnings };
  }
}
