/** The middle value; the mean of the two in the middle for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? Number.NaN) + upper) / 2 : upper;
}

/** `median [lowest - highest]`, or the value alone when there is but one. */
export function spread(values: readonly number[], digits: number): string {
  const text = (value: number) => (Number.isFinite(value) ? value.toFixed(digits) : '-');
  if (values.length < 2) return text(median(values));
  return `${text(median(values))} [${text(Math.min(...values))} - ${text(Math.max(...values))}]`;
}
