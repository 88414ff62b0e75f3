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

/** The rows of a run that have a chart. */
export function chartedRows(run: RunResult): Row[] {
  return rowsOf(run, [...new Set([...run.inReadme, ...run.charted])]);
}

/** All charts by their files' names. */
export function chartsOf({ runs }: SuiteResults): Map<string, string> {
  return new Map(runs.flatMap(chartedRows).map((row) => [chartFile(row), chartOf(row)]));
}
