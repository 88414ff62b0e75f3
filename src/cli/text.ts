import { UNSAFE } from '../lib/unsafe-text.ts';

/** Text from elsewhere as it may be shown on a terminal. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '?');
}

/** Rows under headings, in columns as wide as they need. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map(printable))];
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell + ' '.repeat(widths[column]! - [...cell].length)).join('  ');
  return cells.map((row) => line(row).trimEnd()).join('\n');
}

/** `2026-06-01 12:00`, in UTC; `never` for null. */
export function formatTime(milliseconds: number | null): string {
  if (milliseconds === null) return 'never';
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ');
}

/** The two largest units: `3 d 4 h`, `5 min 2 s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}

/** `1 session`, `2 sessions` */
export function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

/** `532 bytes`, `1.4 MiB` */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return count(bytes, 'byte');
  const power = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** power).toFixed(1)} ${['KiB', 'MiB', 'GiB', 'TiB'][power - 1]}`;
}
