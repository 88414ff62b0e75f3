import type { Checks } from '../../interop/support/checks.ts';
import type { Browser } from '../support/browser.ts';
import type { Site, SiteOptions } from '../support/site.ts';

/** What a scenario plays with. */
export type Stage = {
  readonly site: Site;
  readonly browser: Browser;
  /** Starts another server. */
  startAnother(options?: SiteOptions): Promise<Site>;
  readonly check: Checks['check'];
  /** A folder of the scenario's own. */
  readonly folder: string;
  /** Keeps a picture of a page under this name, where the run was asked to keep them. */
  photograph(name: string, page: import('playwright-core').Page): Promise<void>;
  /** Prints a figure; it is never compared with anything. */
  measured(what: string, milliseconds: number): void;
};

export type Scenario = {
  readonly name: string;
  readonly timeoutMs?: number;
  /** Gets what is not installed with the rest, before any clock runs. */
  prepare?(): Promise<void>;
  /** Throws when a check has failed. Pages and processes left open are ended by the caller. */
  play(stage: Stage): Promise<void>;
};
