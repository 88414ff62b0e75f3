import { mkdir, writeFile } from 'node:fs/promises';
import { arch, cpus } from 'node:os';
import { join } from 'node:path';
import type { RunOptions } from './options.ts';
import type { Outcome, Round } from './play.ts';
import type { Column, Scenario } from './scenario.ts';
import { spread } from './statistics.ts';
import { versions } from './versions.ts';

/** The server that all others are set against. */
const SUBJECT = 'epode';
/** Above this share of its core used by others a sample deserves no trust. */
const DISTURBED = 0.1;

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}

function valuesOf(rounds: readonly Round[], server: string, { key }: Column): number[] {
  return rounds.flatMap((round) => round[server]?.[key] ?? []);
}

function figures(rounds: readonly Round[], servers: readonly string[], columns: readonly Column[]) {
  const head = ['server', ...columns.map(({ title }) => title)];
  const rows = servers.map((server) => {
    const cells = columns.map((column) => spread(valuesOf(rounds, server, column), column.digits));
    return [server, ...cells];
  });
  return table([head, ...rows]);
}

/** How many times better the subject was, in each round: what the machine's mood moves least. */
function advantages(rounds: readonly Round[], rival: string, { key, better }: Column): number[] {
  return rounds.flatMap((round) => {
    const [own, other] = [round[SUBJECT]?.[key], round[rival]?.[key]];
    if (own === undefined || other === undefined) return [];
    return better === 'lower' ? other / own : own / other;
  });
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

function warnings(rounds: readonly Round[]): string[] {
  return rounds.flatMap((round, index) =>
    Object.entries(round)
      .filter(([, { othersShare = 0 }]) => othersShare > DISTURBED)
      .map(([server]) => `round ${index + 1}: other processes disturbed ${server}`),
  );
}

function complaints({ failures }: Outcome): string[] {
  return failures.map(({ server, round, reason }) => `round ${round}: ${server} failed: ${reason}`);
}

/** The whole result as Markdown. */
export function describe(scenario: Scenario, options: RunOptions, outcome: Outcome): string {
  const { rounds } = outcome;
  const servers = Object.keys(rounds[0] ?? {});
  const isCompared = servers.includes(SUBJECT) && servers.length > 1;
  return [
    `# ${scenario.name}: ${scenario.summary}`,
    `${rounds.length} rounds, median [lowest - highest]; ${cpus()[0]?.model.trim()}`,
    figures(rounds, servers, scenario.columns),
    ...(isCompared ? [ratios(rounds, servers, scenario.columns)] : []),
    ...complaints(outcome),
    ...warnings(rounds),
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
  const machine = { cpu: cpus()[0]?.model.trim(), cores: cpus().length, arch: arch() };
  const record = {
    date,
    scenario: scenario.name,
    options,
    machine,
    versions: versions(),
    ...outcome,
  };
  await writeFile(`${base}.json`, `${JSON.stringify(record, null, 2)}\n`);
  await writeFile(`${base}.md`, `${describe(scenario, options, outcome)}\n`);
  return base;
}
