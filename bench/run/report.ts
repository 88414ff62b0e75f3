import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { advantages, SUBJECT, valuesOf, warnings } from './comparison.ts';
import type { RunOptions } from './options.ts';
import type { Failure, Outcome, Round } from './play.ts';
import type { Column, Scenario } from './scenario.ts';
import { spread } from './statistics.ts';
import { table } from './table.ts';
import { machine, versions } from './versions.ts';

function figures(rounds: readonly Round[], servers: readonly string[], columns: readonly Column[]) {
  const head = ['server', ...columns.map(({ title }) => title)];
  const rows = servers.map((server) => {
    const cells = columns.map((column) => spread(valuesOf(rounds, server, column), column.digits));
    return [server, ...cells];
  });
  return table([head, ...rows]);
}

function ratios(rounds: readonly Round[], servers: readonly string[], columns: readonly Column[]) {
  const compared = columns.filter(({ better }) => better !== undefined);
  const head = [`${SUBJECT} is better than`, ...compared.map(({ title }) => `by ${title}`)];
  const rivals = servers.filter((server) => server !== SUBJECT);
  const rows = rivals.map((rival) => [
    rival,
    ...compared.map((column) => `${spread(advantages(rounds, rival, column), 2)} times`),
  ]);
  return table([head, ...rows]);
}

/** The reason up to its first line's end; what a server logged follows there. */
export function describeFailure({ server, round, reason }: Failure): string {
  const when = round === 0 ? 'before the first round' : `in round ${round}`;
  return `${server} failed ${when}: ${reason.split('\n')[0]}`;
}

/** The figures, the ratios, and what takes trust from them, as Markdown. */
export function describeOutcome(columns: readonly Column[], outcome: Outcome): string[] {
  const { rounds, failures } = outcome;
  const servers = Object.keys(rounds[0] ?? {});
  const isCompared = servers.includes(SUBJECT) && servers.length > 1;
  return [
    ...(servers.length > 0 ? [figures(rounds, servers, columns)] : []),
    ...(isCompared ? [ratios(rounds, servers, columns)] : []),
    ...failures.map(describeFailure),
    ...warnings(rounds),
  ];
}

/** The whole result of one run as Markdown. */
export function describe(scenario: Scenario, options: RunOptions, outcome: Outcome): string {
  const { rounds } = outcome;
  return [
    `# ${scenario.name}: ${scenario.summary}`,
    `${rounds.length} rounds, median [lowest - highest]; ${machine().cpu}`,
    ...describeOutcome(scenario.columns, outcome),
    `Options: \`${JSON.stringify(options)}\``,
  ].join('\n\n');
}

/** Writes `<date>-<scenario>.json` and `.md` and returns the path without the suffix. */
export async function save(
  directory: string,
  scenario: Scenario,
  options: RunOptions,
  outcome: Outcome,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const date = new Date().toISOString();
  const base = join(directory, `${date.slice(0, 16).replace(':', '')}-${scenario.name}`);
  const about = { machine: machine(), versions: versions() };
  const record = { date, scenario: scenario.name, options, ...about, ...outcome };
  await writeFile(`${base}.json`, `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(`${base}.md`, `${describe(scenario, options, outcome)}\n`);
  return base;
}
