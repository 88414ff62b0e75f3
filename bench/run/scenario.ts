import type { Command, Place, Server, Transport } from '../rivals/server.ts';
import { allowedCores } from './cores.ts';
import type { RunOptions } from './options.ts';

const [first = 0, second = first] = allowedCores();
/** The core the server under test has to itself, and the one for the generator. */
export const SERVER_CORE = first;
/** The same where there is but one, which is good for no figures: see `checkMachine`. */
export const GENERATOR_CORE = second;

/** What one server showed in one round. */
export type Sample = Readonly<Record<string, number>>;

export interface Column {
  /** Key in the samples. */
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  /** Which way is better; columns without it get no ratio. */
  readonly better?: 'lower' | 'higher';
  /** Less memory is smaller and not faster. */
  readonly kind?: 'memory';
  /** Whether samples may be without it, as where there is nothing to tell. */
  readonly isOptional?: boolean;
}

/** Looks on while a server's cost is measured. */
export interface Watcher {
  /** The server runs as `pid`, and what it does counts from now on. */
  begin(pid: number): void;
  end(): void;
  /** Resolves when the server may be stopped. */
  settle(): Promise<void>;
}

/** A server in its prepared place, to be started by the scenario. */
export interface Entrant {
  readonly server: Server;
  readonly place: Place;
  readonly command: Command;
  /** Takes the server's output. */
  readonly logFile: string;
  readonly watcher?: Watcher;
}

/** One of the times in which a scenario measures, and what the server's work is divided by. */
export interface Window {
  readonly name: string;
  /** In the singular: `message`. */
  readonly unit: string;
  count(sample: Sample, options: RunOptions): number;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  readonly columns: readonly Column[];
  /** What clients may come by, first what they do unless asked for; TCP alone unless it says so. */
  readonly transports?: readonly Transport[];
  /** In their order: one for each meter it opens. Without them it cannot be profiled. */
  readonly windows?: readonly Window[];
  /** How many accounts it signs in to. */
  accounts(options: RunOptions): number;
  /** Whether they are all in each other's roster, subscribed both ways; not unless it says so. */
  readonly areContacts?: boolean;
  /** So many of them at a time, in the order of their numbers; all, unless it says so. */
  readonly circle?: number;
  /** What rivals store of a password; itself, unless signing in is what is measured. */
  readonly stored?: 'password' | 'keys';
  /** Whether messages are archived without being asked for by `--archive`. */
  readonly archives?: boolean;
  /** Whether there are archives from the start, of `options.archived` messages each. */
  readonly readsArchives?: boolean;
  /** Whether clients want stream management (XEP-0198). */
  readonly managesStreams?: boolean;
  /** Whether it reads what servers measure of themselves. */
  readonly readsMetrics?: boolean;
  /** The program that puts on the load, if any, compiled into `directory`. */
  build?(directory: string, options: RunOptions): Promise<string>;
  /** How long one sample usually takes, in seconds; warm-up, measured time and 8 s unless it says so. */
  lasts?(options: RunOptions): number;
  /** Whether it makes sense with this server; with every one, unless it says so. */
  suits?(server: Server, options: RunOptions): boolean;
  /** Starts the server, measures and stops it. */
  measure(entrant: Entrant, options: RunOptions, generator: string): Promise<Sample>;
}
