import { advantages, SUBJECT, valuesOf } from '../run/comparison.ts';
import type { Column } from '../run/scenario.ts';
import { median } from '../run/statistics.ts';
import type { RunResult } from './results.ts';

/** A server's figure in a row. */
export interface Figure {
  readonly server: string;
  /** Of all rounds; null when the server failed, or had no such figure to tell. */
  readonly median: number | null;
  /** How many times better the subject was, the median of all rounds; null for the subject too. */
  readonly advantage: number | null;
}

/** One column of one run, all servers side by side. */
export interface Row {
  readonly run: RunResult;
  readonly column: Column;
  readonly figures: readonly Figure[];
}

const orNull = (values: readonly number[]) => (values.length === 0 ? null : median(values));

function figureOf({ rounds }: RunResult, column: Column, server: string): Figure {
  const isCompared = server !== SUBJECT && column.better !== undefined;
  return {
    server,
    median: orNull(valuesOf(rounds, server, column)),
    advantage: isCompared ? orNull(advantages(rounds, server, column)) : null,
  };
}

/** The rows of these columns, in the order of `keys`. */
export function rowsOf(run: RunResult, keys: readonly string[]): Row[] {
  return keys
    .map((key) => run.columns.find((column) => column.key === key))
    .filter((column) => column !== undefined)
    .map((column) => ({
      run,
      column,
      figures: run.servers.map((server) => figureOf(run, column, server)),
    }));
}

/** Whether somebody else was better in it. */
export function isWeakSpot({ figures }: Row): boolean {
  return figures.some(({ advantage }) => advantage !== null && advantage < 1);
}

/** With thousands apart, and as many decimals as the column has. */
export function formatFigure(value: number, digits: number): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString('en-US', options);
}

/** What a table and a chart say of a figure; `none` is one that there need not be. */
export function textOf({ run, column }: Row, { server, median }: Figure): string {
  if (median !== null) return formatFigure(median, column.digits);
  const hasPlayed = run.rounds.some((round) => round[server] !== undefined);
  return hasPlayed ? 'none' : 'failed';
}

/** Two digits that count, or the whole number: `0.85`, `4.5`, `23`. */
export function formatTimes(value: number): string {
  if (value >= 9.95) return value.toFixed(0);
  return value.toFixed(value < 0.995 ? 2 : 1);
}
