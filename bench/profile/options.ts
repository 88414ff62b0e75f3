import {
  parseArguments,
  QUICK,
  type RunOptions,
  readRunOptions,
  UsageError,
} from '../run/options.ts';
import { takeOptions } from '../run/own-options.ts';

const OPTIONS = {
  cpu: { type: 'boolean', default: false },
  heap: { type: 'boolean', default: false },
  interval: { type: 'string', default: '500' },
  'heap-interval': { type: 'string', default: '16384' },
} as const;

/** What a profile was asked for. */
export interface ProfileOptions {
  readonly run: RunOptions;
  /** One pass for each: the one would be seen in the other. */
  readonly records: readonly ('cpu' | 'heap')[];
  /** Between two samples: microseconds of `cpu`, bytes of `heap`. */
  readonly intervals: { readonly cpu: number; readonly heap: number };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${name} wants a number above 0, not ${text}`);
  return value;
}

/**
 * Takes the options that profiles have, and reads the rest as those of a benchmark.
 * @throws {UsageError} saying what is wrong with the arguments.
 */
export function readProfileOptions(args: readonly string[]): ProfileOptions {
  const { values, rest } = takeOptions(args, OPTIONS);
  const { cpu, heap, interval, 'heap-interval': heapInterval } = values;
  const one = cpu === heap ? null : cpu ? 'cpu' : 'heap';
  return {
    run: readRunOptions([...(parseArguments(rest).values.quick ? QUICK : []), ...rest]),
    records: one === null ? ['cpu', 'heap'] : [one],
    intervals: {
      cpu: positive('interval', interval),
      heap: positive('heap-interval', heapInterval),
    },
  };
}
