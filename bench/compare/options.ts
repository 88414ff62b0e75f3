import {
  parseArguments,
  QUICK,
  type RunOptions,
  readRunOptions,
  UsageError,
} from '../run/options.ts';
import { takeOptions } from '../run/own-options.ts';

const OPTIONS = {
  compare: { type: 'string' },
  minutes: { type: 'string' },
  'fail-on-slower': { type: 'string' },
} as const;

/** Fewer pairs allow no verdict (see `interval.ts`). */
const PAIRS = 6;
/** What most changes are about, where nothing is named. */
const SCENARIOS = ['chat', 'rate', 'presence', 'login'];

/** What a comparison was asked for. */
export interface ComparisonOptions {
  /** As git knows it. */
  readonly revision: string;
  /** Goes on so long, whatever pairs there are already; null for not. */
  readonly minutes: number | null;
  /** Percent by which a figure may be worse; null for any. */
  readonly failOnSlower: number | null;
  /** One for each scenario; `rounds` is the least number of pairs. */
  readonly runs: readonly RunOptions[];
}

export const isComparison = (args: readonly string[]) =>
  args.some((arg) => /^--compare(=|$)/.test(arg));

function number(name: string, text: string | undefined, least: number): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (text !== '' && value >= least) return value;
  throw new UsageError(`--${name} wants a number from ${least} on, not ${text}`);
}

/** The same options for each scenario that is named. */
function readRuns(args: readonly string[]): RunOptions[] {
  const { positionals, tokens, values } = parseArguments(args);
  const places = tokens.filter(({ kind }) => kind === 'positional').map(({ index }) => index);
  const given = args.filter((_, index) => !places.includes(index));
  const rest = [...(values.quick ? QUICK : []), `--rounds=${PAIRS}`, ...given];
  const scenarios = positionals.length > 0 ? positionals : SCENARIOS;
  return scenarios.map((scenario) => readRunOptions([scenario, ...rest]));
}

/** @throws {UsageError} saying what is wrong with the arguments. */
export function readComparison(args: readonly string[]): ComparisonOptions {
  const { values, rest } = takeOptions(args, OPTIONS);
  const { compare, minutes, 'fail-on-slower': slower } = values;
  if (!compare) throw new UsageError('--compare wants a revision: a commit, a branch or a tag');
  if (rest.some((arg) => /^--only(=|$)/.test(arg)))
    throw new UsageError('--only is not for --compare, where Epode meets itself');
  return {
    revision: compare,
    minutes: number('minutes', minutes, 0),
    failOnSlower: number('fail-on-slower', slower, 0),
    runs: readRuns(rest),
  };
}
