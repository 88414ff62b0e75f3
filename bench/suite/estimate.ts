import type { RunOptions } from '../run/options.ts';
import type { Scenario } from '../run/scenario.ts';

/** Starting and stopping a server, and signing its clients in. */
const AROUND_S = 8;
/** Accounts a second that even a slow server is given; those with contacts are written far slower. */
const ACCOUNTS_PER_SECOND = 500;
const PREPARE_S = 4;
const CONTACTS_S = 15;
/** A run that takes this many times what it should is ended. */
const PATIENCE = 2;
const MARGIN_S = 120;

const turnSeconds = (scenario: Scenario, options: RunOptions) =>
  scenario.lasts?.(options) ?? options.warmup + options.seconds + AROUND_S;

function prepareSeconds(scenario: Scenario, options: RunOptions): number {
  const contacts = scenario.areContacts ? CONTACTS_S : 0;
  return PREPARE_S + contacts + scenario.accounts(options) / ACCOUNTS_PER_SECOND;
}

/** How long a run with so many servers usually takes, in seconds. */
export function expectedSeconds(scenario: Scenario, options: RunOptions, servers: number): number {
  const turns = options.rounds * turnSeconds(scenario, options);
  return servers * (prepareSeconds(scenario, options) + turns);
}

/** How long it may take at most, in seconds. */
export function mostSeconds(expected: number): number {
  return PATIENCE * expected + MARGIN_S;
}

/** `40 s` or `12 min`. */
export function formatDuration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
