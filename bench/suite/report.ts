import { SUBJECT } from '../run/comparison.ts';
import { describeFailure, describeOutcome } from '../run/report.ts';
import { table } from '../run/table.ts';
import { chartedRows, chartFile, displayName } from './charts.ts';
import type { RunResult, SuiteResults } from './results.ts';
import { formatTimes, isWeakSpot, type Row, rowsOf, textOf } from './rows.ts';

const COMMAND = 'npm run bench';

/** Runs that take long may have fewer, which their commands say. */
function describeRounds(runs: readonly RunResult[]): string {
  const counts = runs.map(({ rounds }) => rounds.length);
  const most = Math.max(...counts);
  const text = `${most} ${most === 1 ? 'round' : 'rounds'}`;
  const hasFewer = most > 1 && runs.some(({ args }) => args.includes('--rounds 1'));
  return hasFewer ? `${text}, of one where the command says so` : text;
}

/** Where, with what, and by which commands: once for all figures. */
function circumstances({ date, machine, versions, args, runs, minutes }: SuiteResults): string {
  const { cpu, cores, memoryGib, system } = machine;
  const told = ['epode', 'prosody', 'ejabberd', 'node', 'kernel']
    .filter((name) => versions[name])
    .map((name) => `${displayName(name)} ${versions[name]}`);
  const command = [COMMAND, ...(args ? [`-- ${args}`] : [])].join(' ');
  return (
    `Measured ${date.slice(0, 10)} on ${cores} cores of ${cpu}, ${memoryGib} GiB, ${system}; ` +
    `${told.join(', ')}. Medians of ${describeRounds(runs)}; ` +
    `\`${command}\`, ${minutes.toFixed(0)} minutes.`
  );
}

const rivalsOf = (row: Row) => row.figures.filter(({ server }) => server !== SUBJECT);

function times(row: Row): string {
  if (row.column.better === undefined) return '';
  const all = rivalsOf(row).map(({ advantage }) => advantage && formatTimes(advantage));
  return all.some((one) => one) ? `${all.map((one) => one ?? '-').join(' and ')} times` : '';
}

/** The best figure of a row stands out. */
function cells(row: Row): string[] {
  const { figures, column } = row;
  const medians = figures.map(({ median }) => median).filter((median) => median !== null);
  const best = column.better === 'higher' ? Math.max(...medians) : Math.min(...medians);
  return figures.map((figure) => {
    const text = textOf(row, figure);
    return figure.median === best && column.better ? `**${text}**` : text;
  });
}

const label = ({ run, column }: Row) => `${run.title}: ${column.title}`;

/** The servers that take part in most, in their order. */
function serversOf({ runs }: SuiteResults): string[] {
  return [...new Set(runs.flatMap(({ servers }) => servers))];
}

function rowsTable(results: SuiteResults, rows: readonly Row[]): string {
  const servers = serversOf(results);
  const head = ['', ...servers.map(displayName), 'Epode is better'];
  const lines = rows.map((row) => {
    const byServer = new Map(row.figures.map(({ server }, i) => [server, cells(row)[i]!]));
    return [label(row), ...servers.map((server) => byServer.get(server) ?? '-'), times(row)];
  });
  return table([head, ...lines]);
}

/** Where others are ahead, or somebody had no figure: never left to the reader to find. */
function weakSpots({ runs }: SuiteResults): string[] {
  const weak = runs.flatMap(chartedRows).filter(isWeakSpot);
  const lost = weak.map((row) => {
    const all = row.figures.map(
      ({ server }, index) => `${displayName(server)} ${cells(row)[index]!.replaceAll('*', '')}`,
    );
    return `- ${label(row)}: ${all.join(', ')}`;
  });
  const failed = runs.flatMap(({ args, failures }) =>
    failures.map((failure) => `- \`${args}\`: ${describeFailure(failure)}`),
  );
  return [
    ...(lost.length > 0 ? [`Where Epode is behind:\n\n${lost.join('\n')}`] : []),
    ...(failed.length > 0 ? [`What failed:\n\n${failed.join('\n')}`] : []),
  ];
}

const picture = (row: Row, folder: string) =>
  `<img src="${folder}/${chartFile(row)}" alt="${label(row)}" width="49%">`;

/** What README shows: the rows that say most, as a table and as charts in `folder`. */
export function describeForReadme(results: SuiteResults, folder: string): string {
  const rows = results.runs.flatMap((run) => rowsOf(run, run.inReadme));
  const pictures = rows.map((row) => picture(row, folder)).join('\n');
  return [
    circumstances(results),
    rowsTable(results, rows),
    ...weakSpots(results),
    `<p>\n${pictures}\n</p>`,
  ].join('\n\n');
}

function describeRun(run: RunResult, folder: string): string {
  const pictures = chartedRows(run).map((row) => picture(row, folder));
  return [
    `### ${run.title}`,
    `\`${COMMAND} -- ${run.args}\`, median [lowest - highest]`,
    `<p>\n${pictures.join('\n')}\n</p>`,
    ...describeOutcome(run.columns, run),
  ].join('\n\n');
}

/** Everything, with charts in `folder`. */
export function describeSuite(results: SuiteResults, folder: string): string {
  const rows = results.runs.flatMap(chartedRows);
  return [
    circumstances(results),
    rowsTable(results, rows),
    ...weakSpots(results),
    ...results.runs.map((run) => describeRun(run, folder)),
  ].join('\n\n');
}
