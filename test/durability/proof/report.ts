import type { Told } from './chapter.ts';
import type { Fact } from './history.ts';
import { type Counts, type Verdict, VIOLATIONS, type Violation } from './oracle.ts';

/** Lines of a transcript that are shown at most. */
const LINES = 30;
/** Characters of the wire on each side of the message. */
const AROUND = 300;
/** Violations whose transcripts are shown at most. */
const SHOWN = 3;

const NAMES: readonly (readonly [keyof Counts, string])[] = [
  ['kills', 'kills'],
  ['restarts', 'restarts'],
  ['fullDisks', 'full disks'],
  ['cuts', 'connections cut'],
  ['clockMoves', 'clock moved'],
  ['resumptions', 'sessions resumed'],
  ['sent', 'messages sent'],
  ['acknowledged', 'acknowledged'],
  ['archived', 'entries in archives'],
  ['heard', 'deliveries to devices'],
  ['notOwed', 'not owed'],
  ['repeatsAfterKills', 'repeats on devices after kills'],
  ['repeatsAfterCuts', 'repeats after cuts, without stream management'],
  ['repeatsAfterLeaving', 'repeats of what came behind the end of a stream'],
];

/** The sum of several verdicts. */
export function total(verdicts: readonly Verdict[]): Verdict {
  const sums = NAMES.map(([key]) => [key, verdicts.reduce((sum, v) => sum + v.counts[key], 0)]);
  return {
    counts: Object.fromEntries(sums),
    violations: verdicts.flatMap(({ violations }) => violations),
  };
}

/** The figures, one a line. */
export function figures({ counts, violations }: Verdict): string {
  const rows = NAMES.map(([key, name]) => [name, counts[key]] as const);
  const broken = VIOLATIONS.map(
    (kind) => [kind, violations.filter((violation) => violation.kind === kind).length] as const,
  );
  return [...rows, ...broken]
    .map(([name, count]) => `${String(count).padStart(9)}  ${name}`)
    .join('\n');
}

/** What was violated, and all that is known of the first few messages concerned. */
export function details(told: Told, violations: readonly Violation[]): string {
  const texts = violations.slice(0, 50).map(({ kind, text }) => `${kind}: ${text}`);
  const ids = new Set(violations.flatMap(({ id }) => (id === null ? [] : [id])));
  const transcripts = [...ids].slice(0, SHOWN).map((id) => transcriptOf(told, id));
  return [...texts, ...transcripts].join('\n');
}

function transcriptOf({ history, times, transcript }: Told, id: string): string {
  const about = history.facts.flatMap((fact, at) =>
    mentions(fact, id) ? [`${Math.round(times[at]!)} ms  ${JSON.stringify(fact)}`] : [],
  );
  const wires = transcript.flatMap((line) => excerpt(line, `<body>${id}</body>`));
  return [`--- ${id}`, ...about.slice(0, LINES), ...wires.slice(0, LINES)].join('\n');
}

/** Who said it in which direction, and what stands around the message. */
function excerpt(line: string, body: string): string[] {
  const at = line.indexOf(body);
  if (at < 0) return [];
  const who = line.slice(0, line.indexOf(' ') + 2);
  return [`${who} …${line.slice(Math.max(who.length, at - AROUND), at + AROUND)}…`];
}

/** Facts of the message, and those of the server between which they stand. */
function mentions(fact: Fact, id: string): boolean {
  if (fact.kind === 'sent') return fact.message.id === id;
  if ('id' in fact) return fact.id === id;
  return !('device' in fact);
}
