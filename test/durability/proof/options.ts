import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

const USAGE = `usage: npm run prove -- [options]
  --kills 500      how often the server is killed, in all
  --seed TEXT      the same faults in the same order as in the run that printed it
  --minutes 60     no further chapter is begun after that time
  --keep           leaves the directories of chapters in which nothing was wrong, too`;

/** What a run was asked for. */
export interface Options {
  readonly kills: number;
  readonly seed: string;
  readonly minutes: number;
  readonly keep: boolean;
}

/** The arguments make no sense; the message ends with what would. */
export class UsageError extends Error {
  constructor(why: string) {
    super(`${why}\n\n${USAGE}`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        kills: { type: 'string', default: '500' },
        seed: { type: 'string', default: randomBytes(4).toString('hex') },
        minutes: { type: 'string', default: '60' },
        keep: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0) return value;
  throw new UsageError(`--${name} wants a number above 0, not ${text}`);
}

/** @throws {UsageError} saying what is wrong with the arguments. */
export function readOptions(args: readonly string[]): Options {
  const { kills, minutes, seed, keep } = parse(args);
  return {
    kills: Math.ceil(positive('kills', kills)),
    minutes: positive('minutes', minutes),
    seed,
    keep,
  };
}
