import { parseArgs } from 'node:util';
import type { Transport } from '../rivals/server.ts';

const TRANSPORTS = ['tcp', 'websocket', 'bosh'] as const;
const MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN', 'FAST'] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** What a run was asked for. */
export interface RunOptions {
  readonly scenario: string;
  readonly servers: readonly string[];
  /** What clients come by; null for what the scenario prefers. */
  readonly transport: Transport | null;
  readonly rounds: number;
  /**
   * Measured time of each sample, in seconds; how long a stage of scenario `idle` rests before its
   * memory is read, while processes of ejabberd's hibernate.
   */
  readonly seconds: number;
  /** Load before the measured time, in seconds: the rivals' caches and Epode's JIT settle. */
  readonly warmup: number;
  readonly tls: boolean;
  /** What the rivals load: what the scenario needs, or what their packages have on. */
  readonly modules: 'needed' | 'usual';
  /** Whether the servers archive what is said. */
  readonly archive: boolean;
  /** Whether Epode indexes the words of what it archives. */
  readonly search: boolean;
  /** Where rivals keep archives. */
  readonly store: 'native' | 'sqlite';
  readonly pairs: number;
  /** Messages on the way per pair; in scenario `presence` updates on the way in all. */
  readonly outstanding: number;
  /** Bytes. */
  readonly body: number;
  /** Messages a second in scenarios `rate` and `acknowledged`. */
  readonly rate: number;
  /** How clients prove who they are in the scenarios that measure it. */
  readonly mechanism: Mechanism;
  /** Whether clients take up earlier TLS sessions, where the server gives them any. */
  readonly tickets: boolean;
  /** Accounts that log in in turn, in scenarios `login` and `storm`. */
  readonly accounts: number;
  /** Logins under way at a time in scenarios `login` and `resume`. */
  readonly parallel: number;
  /** Messages for each session while it is away in scenario `resume`. */
  readonly missed: number;
  /** Actions a second in scenario `mixed`; null for its own. */
  readonly actions: number | null;
  /** Sessions that come back a second in scenario `resume`; null for as many as `parallel` allows. */
  readonly returns: number | null;
  /** Logins a second in scenario `storm`. */
  readonly logins: number;
  /** Users of scenario `presence`, all subscribed to each other. */
  readonly users: number;
  /** Idle sessions, in the order of the stages; scenarios `reload`, `resume` and `mixed` have as many as the last of them. */
  readonly sessions: readonly number[];
  /** Messages in each archive of scenario `archive`. */
  readonly archived: number;
  /** Leave the temporary directory with configurations and logs. */
  readonly keep: boolean;
}

const USAGE = `usage: node bench/run.ts [SCENARIO] [options]
without a scenario: the whole suite, with options for each of its runs, and
  --runs chat,login (those of these scenarios alone)
  --publish (nothing is played: the last suite's figures go to README.md and docs/performance.md)
  --smoke (Epode alone, a second each: whether all of it works)
scenarios
  chat      one-to-one messages as fast as they arrive
  bosh      one-to-one messages as fast as they arrive, over HTTP
  rate      one-to-one messages at a fixed rate: cost and latency
  acknowledged  archived messages at a fixed rate, until their senders know that they are stored
  archive   pages of archives as fast as they come
  growth    one-to-one messages among a few while more and more others are signed in
  presence  users who all see each other log in, then change their presence
  login     logins as fast as the server allows, a few at once
  storm     one-to-one messages at a fixed rate while users log in at another
  resume    sessions that all lose their connections come back and go on
  mixed     chat, typing, presence, queries, logins and logouts at a fixed rate, for long
  reload    how long a reload of the configuration keeps sessions waiting
  idle      memory of signed-in, silent sessions
  start-up  time until the server answers, and its memory then
options
  --only epode,prosody,ejabberd   which servers (also: relay, the generator's own ceiling)
  --transport tcp|websocket (chat, rate, idle; by default with epode,epode-tcp)
  --rounds 3      --seconds 10    --warmup 5      --tls
  --pairs 100     --outstanding 10     --body 120     --rate 500 (acknowledged: 2000)
  --modules needed|usual (of the rivals; Epode is always complete)
  --archive (all servers archive the messages; without it none does)
  --search (Epode indexes the words of its archives, as it does by default; the rivals have no such index)
  --store native|sqlite (of the rivals' archives)
  --mechanism SCRAM-SHA-1|SCRAM-SHA-256|PLAIN|FAST (FAST: --tls, Epode alone)
  --accounts 2000   --parallel 8 (resume: 100)   --logins 500   --tickets (with --tls)
  --missed 5      --returns N (a second in resume; without it as many as --parallel allows)
  --actions 100   --minutes N (mixed alone: measured, instead of 60 --seconds)
  --users 200     --sessions 1000,5000
      (reload: 10000; resume, mixed: 1000; growth: 100,1000,10000,50000)
  --archived 20000
  --quick (one short round)
  --keep (leave configurations and logs)
against another revision: node bench/run.ts --compare REV [SCENARIO ...] [options]
  --rounds 6 (pairs at least)   --minutes M (goes on so long, whatever the scenarios)
  --fail-on-slower PERCENT (exit status 1 when something is slower by more)`;

/** Stand before what else was asked for, which so wins. */
export const QUICK = '--rounds 1 --seconds 3 --warmup 2 --sessions 500,1000'.split(' ');

/** The arguments make no sense; the message ends with what would. */
export class UsageError extends Error {
  constructor(why: string) {
    super(`${why}\n\n${USAGE}`);
  }
}

/** @throws {UsageError} when there is no such thing. */
export function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  throw new UsageError(`there is no ${name}, only ${all.map((one) => one.name).join(', ')}`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} wants a number above 0, not ${text}`);
  return value;
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      only: { type: 'string' },
      transport: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      minutes: { type: 'string' },
      warmup: { type: 'string', default: '5' },
      tls: { type: 'boolean', default: false },
      modules: { type: 'string', default: 'needed' },
      archive: { type: 'boolean', default: false },
      search: { type: 'boolean', default: false },
      pairs: { type: 'string', default: '100' },
      outstanding: { type: 'string', default: '10' },
      body: { type: 'string', default: '120' },
      rate: { type: 'string' },
      users: { type: 'string', default: '200' },
      mechanism: { type: 'string', default: 'SCRAM-SHA-1' },
      tickets: { type: 'boolean', default: false },
      accounts: { type: 'string', default: '2000' },
      parallel: { type: 'string' },
      missed: { type: 'string', default: '5' },
      returns: { type: 'string' },
      actions: { type: 'string' },
      logins: { type: 'string', default: '500' },
      sessions: { type: 'string' },
      store: { type: 'string', default: 'native' },
      archived: { type: 'string', default: '20000' },
      keep: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      publish: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
    },
  });
}

type Parsed = ReturnType<typeof parse>;

/** @throws {UsageError} when there is no such option. */
export function parseArguments(args: readonly string[]): ReturnType<typeof parse> {
  try {
    return parse(args);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function mechanismNamed(name: string): Mechanism {
  const found = MECHANISMS.find((mechanism) => mechanism === name);
  if (!found) throw new UsageError(`--mechanism ${MECHANISMS.join('|')}`);
  return found;
}

function transportNamed(name: string | undefined): Transport | null {
  const found = TRANSPORTS.find((transport) => transport === name);
  if (!found && name !== undefined) throw new UsageError(`--transport ${TRANSPORTS.join('|')}`);
  return found ?? null;
}

function serversOf(scenario: string, { only, transport }: Parsed['values']): string[] {
  // What it asks is how the same server grows.
  if (scenario === 'growth') return (only ?? 'epode').split(',');
  const all = transport === 'websocket' ? 'epode,epode-tcp' : 'epode,prosody,ejabberd';
  return (only ?? all).split(',');
}

/** What is asked for by default where that is not what most scenarios want. */
const SESSIONS: Readonly<Record<string, string>> = {
  growth: '100,1000,10000,50000',
  reload: '10000',
  resume: '1000',
  mixed: '1000',
};
const SECONDS: Readonly<Record<string, string>> = { mixed: '60' };
const PARALLEL: Readonly<Record<string, string>> = { resume: '100' };
const RATES: Readonly<Record<string, string>> = { acknowledged: '2000' };

/** The others are not for minutes; a comparison has taken its own before. */
function secondsOf(scenario: string, { seconds, minutes }: Parsed['values']): number {
  if (scenario === 'mixed' && minutes !== undefined) return 60 * positive('minutes', minutes);
  return positive('seconds', seconds ?? SECONDS[scenario] ?? '10');
}

function orNull(name: string, text: string | undefined): number | null {
  return text === undefined ? null : positive(name, text);
}

function stages(scenario: string, text: string | undefined): number[] {
  const counts = text ?? SESSIONS[scenario] ?? '1000,5000';
  return counts.split(',').map((count) => positive('sessions', count));
}

/** @throws {UsageError} saying what is wrong with the arguments. */
export function readRunOptions(args: readonly string[]): RunOptions {
  const { values, positionals } = parseArguments(args);
  if (positionals.length !== 1) throw new UsageError('one scenario, please');
  if (!['needed', 'usual'].includes(values.modules)) throw new UsageError('--modules needed|usual');
  if (!['native', 'sqlite'].includes(values.store)) throw new UsageError('--store native|sqlite');
  const wantsTls = values.tickets || values.mechanism === 'FAST';
  if (wantsTls && !values.tls) throw new UsageError('FAST and --tickets want --tls');
  const scenario = positionals[0]!;
  return {
    scenario,
    servers: serversOf(scenario, values),
    transport: transportNamed(values.transport),
    rounds: positive('rounds', values.rounds),
    seconds: secondsOf(scenario, values),
    warmup: positive('warmup', values.warmup),
    tls: values.tls,
    modules: values.modules === 'usual' ? 'usual' : 'needed',
    archive: values.archive,
    search: values.search,
    store: values.store === 'sqlite' ? 'sqlite' : 'native',
    pairs: positive('pairs', values.pairs),
    outstanding: positive('outstanding', values.outstanding),
    body: positive('body', values.body),
    rate: positive('rate', values.rate ?? RATES[scenario] ?? '500'),
    users: positive('users', values.users),
    mechanism: mechanismNamed(values.mechanism),
    tickets: values.tickets,
    accounts: positive('accounts', values.accounts),
    parallel: positive('parallel', values.parallel ?? PARALLEL[scenario] ?? '8'),
    missed: positive('missed', values.missed),
    returns: orNull('returns', values.returns),
    actions: orNull('actions', values.actions),
    logins: positive('logins', values.logins),
    sessions: stages(scenario, values.sessions),
    archived: positive('archived', values.archived),
    keep: values.keep,
  };
}
