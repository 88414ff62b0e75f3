import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { letOthersPass, Turns } from '../lib/turns.ts';
import { AdminError } from './admin/command.ts';
import type {
  CertificateControl,
  ConfigControl,
  ConfigDiff,
  PendingConfig,
  ReloadControl,
  ReloadFacts,
  TrialFacts,
} from './admin/ports.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { type ConfigChanges, compareConfigs, type Waits, withLiveParts } from './config/changes.ts';
import type { Config } from './config/config.ts';
import { type ConfigValues, differences, withLiveValues } from './config/differences.ts';
import type { LiveHosts } from './live-hosts.ts';

/** A configuration as it was read, and what it was read from. */
export interface ReadConfig {
  readonly config: Config;
  readonly text: string;
  readonly values: ConfigValues;
}

/** What the new configuration has to reach. */
export interface ReloadTargets {
  /** Of the file, or as if `text` stood there. @throws {ConfigError} with every problem. */
  read(text?: string): Promise<ReadConfig>;
  readonly hosts: LiveHosts;
  /** Puts the rest of what may change to use, or throws and has changed nothing. */
  apply(config: Config): void;
  /** Hears when a reload begins, and when all is as it should be again. */
  onState(state: 'reloading' | 'ready'): void;
  readonly waits: Waits;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is at work, which leaves out what waits for a restart; `text` is what was taken last. */
type AtWork = ReadConfig;

/** A configuration that goes away again unless it is confirmed. */
interface Trial {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** Puts what was there before back in place. */
  back(): Promise<void>;
  cancel(): void;
}

/** Takes a changed configuration, or changed certificates: as a whole or not at all. */
export class Reloader implements ReloadControl, CertificateControl, ConfigControl {
  readonly #targets: ReloadTargets;
  readonly #turns = new Turns();
  #at: AtWork;
  #trial: Trial | null = null;

  constructor(at: ReadConfig, targets: ReloadTargets) {
    this.#at = at;
    this.#targets = targets;
  }

  inUse(): readonly CertificateFacts[] {
    return this.#targets.hosts.inUse();
  }

  reloadCertificates(): Promise<readonly CertificateFacts[]> {
    return this.#turns.run(async () => {
      const use = await this.#targets.hosts.prepare(this.#at.config);
      use();
      return this.inUse();
    });
  }

  /** What the file says ends a trial, too. */
  reload(): Promise<ReloadFacts> {
    return this.#turns.run(async () => {
      this.#targets.onState('reloading');
      try {
        return await this.#reload();
      } finally {
        this.#targets.onState('ready');
      }
    });
  }

  async #reload(): Promise<ReloadFacts> {
    const next = await this.#targets.read();
    const changes = await this.#take(next);
    this.#endTrial();
    const { file, warnings } = next.config;
    return { file, ...changes, warnings };
  }

  async diff(text: string): Promise<ConfigDiff> {
    return this.#compare(await this.#targets.read(text));
  }

  #compare({ values, config }: ReadConfig): ConfigDiff {
    const { waits } = this.#targets;
    return { changes: differences(this.#at.values, values, waits), warnings: config.warnings };
  }

  pending(): PendingConfig {
    const trial = this.#trial;
    return { text: this.#at.text, trial: trial && { text: trial.text, until: trial.until } };
  }

  tryOut(text: string, milliseconds: number): Promise<TrialFacts> {
    return this.#turns.run(async () => {
      if (this.#trial) throw underTrial();
      const { clock } = this.#targets;
      const next = await this.#targets.read(text);
      const facts = this.#compare(next);
      const back = this.#wayBack();
      await this.#take(next);
      const until = clock.now() + milliseconds;
      const cancel = clock.after(milliseconds, () => this.#timeIsOver());
      this.#trial = { text, until, back, cancel };
      return { ...facts, until };
    });
  }

  confirm(): Promise<void> {
    return this.#turns.run(async () => {
      if (!this.#trial) throw nothingToConfirm();
      this.#confirmed();
    });
  }

  rollBack(): Promise<void> {
    return this.#turns.run(async () => {
      if (!this.#trial) throw nothingToConfirm();
      await this.#rollBack(this.#trial);
    });
  }

  /** What takes a while is done in turns of its own; what has to be whole, in one. */
  async #take(next: ReadConfig): Promise<ConfigChanges> {
    const { hosts, apply, waits, log } = this.#targets;
    await letOthersPass();
    const changes = compareConfigs(this.#at.config, next.config, waits);
    const config = withLiveParts(this.#at.config, next.config, waits);
    const values = withLiveValues(this.#at.values, next.values, waits);
    await letOthersPass();
    const use = await hosts.prepare(config);
    await letOthersPass();
    apply(config);
    use();
    this.#at = { config, values, text: next.text };
    for (const warning of next.config.warnings) log.warn({ warning }, 'configuration');
    log.info(changes, 'configuration reloaded');
    return changes;
  }

  /** To what is at work now. Where its certificates are gone from disk, those in memory will do. */
  #wayBack(): () => Promise<void> {
    const { hosts, apply } = this.#targets;
    const before = this.#at;
    const restore = hosts.keep();
    return async () => {
      const use = await hosts.prepare(before.config).catch(() => restore);
      apply(before.config);
      use();
      this.#at = before;
    };
  }

  /** Whoever has put the text into the file has confirmed it, whatever became of the rest. */
  #timeIsOver(): void {
    const trial = this.#trial;
    const end = async () => {
      if (!trial || this.#trial !== trial) return;
      if (await this.#isInFile(trial)) this.#confirmed();
      else await this.#rollBack(trial);
    };
    this.#turns.run(end).catch((error) => {
      this.#targets.log.error({ err: error }, 'the way back to the old configuration failed');
    });
  }

  #confirmed(): void {
    this.#endTrial();
    this.#targets.log.info({}, 'configuration confirmed');
  }

  async #isInFile({ text }: Trial): Promise<boolean> {
    try {
      return (await this.#targets.read()).text === text;
    } catch {
      return false;
    }
  }

  async #rollBack(trial: Trial): Promise<void> {
    this.#endTrial();
    await trial.back();
    this.#targets.log.warn({}, 'configuration not confirmed, the old one is back');
  }

  #endTrial(): void {
    this.#trial?.cancel();
    this.#trial = null;
  }
}

function underTrial(): AdminError {
  const hint = 'Confirm it or go back first: epode config confirm, epode config rollback.';
  return new AdminError('exists', 'Another configuration is being tried out.', hint);
}

function nothingToConfirm(): AdminError {
  const hint = 'Its time may have been over: then the one from before is back.';
  return new AdminError('not-found', 'No configuration is being tried out.', hint);
}
