import { SUBJECT } from '../run/comparison.ts';
import { drawChart } from './chart.ts';
import type { RunResult, SuiteResults } from './results.ts';
import { type Row, rowsOf, textOf } from './rows.ts';

const NAMES: Readonly<Record<string, string>> = {
  epode: 'Epode',
  prosody: 'Prosody',
  ejabberd: 'ejabberd',
};

/** A server as its makers write it. */
export function displayName(server: string): string {
  return NAMES[server] ?? server;
}

const WAYS = { lower: ', less is better', higher: ', more is better' } as const;

/** The name of a row's chart: `chat-tls-rate.svg`. */
export function chartFile({ run, column }: Row): string {
  const words = `${run.args} ${column.key}`.replace(/ --only \S+/, '').replaceAll('--', '');
  return `${words.replace(/[^A-Za-z0-9]+/g, '-')}.svg`;
}

export function chartOf(row: Row): string {
  const { run, column, figures } = row;
  const bars = figures.map((figure) => ({
    label: displayName(figure.server),
    value: figure.median,
    text: textOf(row, figure),
    isSubject: figure.server === SUBJECT,
  }));
  const subtitle = column.title + (column.better ? WAYS[column.better] : '');
  return drawChart({ title: run.title, subtitle, bars });
}

/** The rows of a run that a report begins with. */
export function chartedRows(run: RunResult): Row[] {
  return rowsOf(run, [...new Set([...run.inReadme, ...run.charted])]);
}

/** Those that have a chart: one bar says no more than its figure. */
export function picturedRows(rows: readonly Row[]): Row[] {
  return rows.filter(({ figures }) => figures.length > 1);
}

/** All charts by their files' names. */
export function chartsOf({ runs }: SuiteResults): Map<string, string> {
  const rows = picturedRows(runs.flatMap(chartedRows));
  return new Map(rows.map((row) => [chartFile(row), chartOf(row)]));
}
