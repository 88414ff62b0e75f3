import { relative } from 'node:path';

/** One thing that is wrong with a configuration file. Lines and columns count from 1. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would mend it; '' when the message says it all. */
  readonly hint: string;
}

/** Everything that is wrong with a configuration file, in the order of the file. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = withoutRepeats(problems).sort(byPlace);
    super(sorted.map(formatProblem).join('\n'));
    this.problems = sorted;
  }
}

/** `conf/epode.yaml:12:5: unknown key "listners"; did you mean "listeners"?` */
export function formatProblem(problem: ConfigProblem): string {
  const place = `${displayPath(problem.file)}:${problem.line}:${problem.column}`;
  return `${place}: ${problem.message}${problem.hint && `; ${problem.hint}`}`;
}

/** A path as an operator would type it: relative where that is shorter. */
export function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return a.line - b.line || a.column - b.column;
}

// A common section is checked once for each host; its problems are told once.
function withoutRepeats(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...new Map(problems.map((problem) => [formatProblem(problem), problem])).values()];
}
