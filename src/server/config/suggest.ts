/**
 * The candidate that was probably meant, or null when none is near: at most one
 * slip for every three letters.
 */
export function suggest(text: string, candidates: Iterable<string>): string | null {
  const wanted = text.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** `did you mean "x"?`, or all that is possible, or '' when that is nothing. */
export function suggestionHint(text: string, candidates: readonly string[]): string {
  const meant = suggest(text, candidates);
  if (meant !== null) return `did you mean "${meant}"?`;
  return candidates.length === 0 ? '' : `possible here: ${candidates.join(', ')}`;
}

/**
 * Damerau-Levenshtein distance (optimal string alignment): insertions,
 * deletions, replacements and swaps of neighbours that turn `a` into `b`.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      current.push(stepCost(a, b, row, column, { beforeLast, last, current }));
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}

interface Rows {
  readonly beforeLast: readonly number[];
  readonly last: readonly number[];
  readonly current: readonly number[];
}

function stepCost(a: string, b: string, row: number, column: number, rows: Rows): number {
  const isSame = a[row - 1] === b[column - 1];
  const cost = Math.min(
    rows.last[column]! + 1,
    rows.current[column - 1]! + 1,
    rows.last[column - 1]! + (isSame ? 0 : 1),
  );
  const isSwap =
    row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
  return isSwap ? Math.min(cost, rows.beforeLast[column - 2]! + 1) : cost;
}
