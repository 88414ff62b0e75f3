import type { Checks } from '../support/checks.ts';
import type { Target } from '../support/target.ts';

/** What a scenario plays with. */
export type Stage = {
  readonly target: Target;
  /** Starts another server of the kind; `env` is what its process is told besides. */
  startAnother(env: Readonly<Record<string, string>>): Promise<Target>;
  readonly check: Checks['check'];
  /** A folder of the scenario's own, open to every user of the machine. */
  readonly folder: string;
  /** Where screenshots are kept; undefined: they are not. */
  readonly screenshots: string | undefined;
};

export type Scenario = {
  readonly name: string;
  readonly timeoutMs?: number;
  /** Throws when a check has failed. Processes left running are ended by the caller. */
  play(stage: Stage): Promise<void>;
};
