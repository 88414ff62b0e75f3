import { warnings } from '../run/comparison.ts';
import type { Outcome } from '../run/play.ts';
import { describeFailure } from '../run/report.ts';
import type { Scenario } from '../run/scenario.ts';
import { table } from '../run/table.ts';
import { machine } from '../run/versions.ts';
import type { Revision } from './revision.ts';
import type { Finding } from './verdict.ts';

/** What came of one scenario. */
export interface Result {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly findings: readonly Finding[];
}

const WORDS = {
  speed: { better: '**faster**', worse: '**slower**' },
  memory: { better: '**smaller**', worse: '**larger**' },
} as const;

export function wordOf({ verdict, column }: Finding): string {
  if (verdict === 'too few') return 'fewer than 6 pairs';
  if (verdict === 'no difference') return 'no difference seen';
  return WORDS[column.kind ?? 'speed'][verdict];
}

const digits = (value: number) => (Number.isFinite(value) ? value.toFixed(3) : '-');

function intervalOf({ interval }: Finding): string {
  if (!interval) return '-';
  const { low, high, confidence } = interval;
  return `${digits(low)} - ${digits(high)} (${(confidence * 100).toFixed(1)} %)`;
}

function rowOf(finding: Finding): string[] {
  const { column, pairs, before, after, ratio, seen } = finding;
  const figures = [before, after].map((value) => value.toFixed(column.digits));
  const smallest = seen === null || !Number.isFinite(seen) ? '-' : `${seen.toFixed(1)} %`;
  const judged = [digits(ratio), intervalOf(finding), wordOf(finding), smallest];
  return [column.title, String(pairs), ...figures, ...judged];
}

function describeResult({ scenario, outcome, findings }: Result, name: string): string[] {
  const head = ['figure', 'pairs', name, 'here', 'ratio', 'interval', 'verdict', 'would be seen'];
  return [
    `## ${scenario.name}: ${scenario.summary}`,
    ...(findings.length > 0 ? [table([head, ...findings.map(rowOf)])] : []),
    ...outcome.failures.map(describeFailure),
    ...warnings(outcome.rounds),
  ];
}

/** How far verdicts are to be trusted, of all there are. */
function caution(results: readonly Result[]): string {
  const count = results.reduce((sum, { findings }) => sum + findings.length, 0);
  return (
    'Ratios are of what is here to what was there, medians of pairs; the interval is that of the ' +
    `sign test. Of ${count} figures without any difference ${(count / 20).toFixed(1)} would be ` +
    'called different by chance: repeat what surprises.'
  );
}

/** The whole comparison as Markdown. */
export function describeComparison(revision: Revision, here: string, results: readonly Result[]) {
  return [
    `# ${here} against ${revision.name}: ${revision.subject}`,
    machine().cpu,
    ...results.flatMap((result) => describeResult(result, revision.name)),
    caution(results),
  ].join('\n\n');
}
