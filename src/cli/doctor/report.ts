import { EXIT } from '../failure.ts';
import { printable } from '../text.ts';
import type { Report } from '../users.ts';
import { countByLevel } from './doctor.ts';
import { type Finding, TOPICS } from './finding.ts';

/** What the doctor says, topic by topic, and the exit status that goes with it. */
export function describeFindings(
  findings: readonly Finding[],
): Report & { readonly exitCode: number } {
  const sorted = TOPICS.flatMap((topic) => findings.filter((each) => each.topic === topic));
  const lines = sorted.flatMap(describe);
  const text = [...lines, verdict(findings)].join('\n');
  const worst = worstOf(findings);
  return { text, data: { worst, findings: sorted }, exitCode: STATUS[worst] };
}

const STATUS = { ok: EXIT.ok, warning: EXIT.warned, error: EXIT.failed } as const;

function describe({ topic, level, message, mend }: Finding): string[] {
  const lines = [`${level.padEnd(7)}  ${topic.padEnd(12)}  ${message}`];
  if (mend !== '') lines.push(`${' '.repeat(23)}${mend}`);
  return lines.map(printable);
}

function verdict(findings: readonly Finding[]): string {
  return worstOf(findings) === 'ok' ? 'All is well.' : `${countByLevel(findings)}.`;
}

function worstOf(findings: readonly Finding[]): Finding['level'] {
  const levels = findings.map(({ level }) => level);
  if (levels.includes('error')) return 'error';
  return levels.includes('warning') ? 'warning' : 'ok';
}
