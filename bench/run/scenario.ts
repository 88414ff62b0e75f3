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
  /** Whether samples may be without it, as where there is nothing to tell. */
  readonly isOptional?: boolean;
}

/** A server in its prepared place, to be started by the scenario. */
export interface Entrant {
  readonly server: Server;
  readonly place: Place;
  readonly command: Command;
  /** Takes the server's output. */
  readonly logFile: string;
}

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  readonly columns: readonly Column[];
  /** What clients may come by, first what they do unless asked for; TCP alone unless it says so. */
  readonly transports?: readonly Transport[];
  /** How many accounts it signs in to. */
  accounts(options: RunOptions): number;
  /** Whether they are all in each other's roster, subscribed both ways; not unless it says so. */
  readonly areContacts?: boolean;
  /** So many of them at a time, in the order of their numbers; all, unless it says so. */
  readonly circle?: number;
  /** What rivals store of a password; itself, unless signing in is what is measured. */
  readonly stored?: 'password' | 'keys';
  /** Whether rivals are to load what lets clients go on with their sessions. */
  readonly resumption?: boolean;
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
