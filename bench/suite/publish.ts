import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartsOf } from './charts.ts';
import { describeForReadme, describeSuite } from './report.ts';
import { readResults, type SuiteResults } from './results.ts';

/** Where charts and the record are published, from the project's root. */
const FOLDER = 'docs/performance';

/** What the results of whole suites are called, so that the latest of them comes last. */
const SUITE_FILE = /^\d{4}-\d\d-\d\dT\d{4}-suite\.json$/;

/** What a suite may be called with and be whole: its titles speak of sizes and of all servers. */
const WHOLE = /^((--(rounds|seconds|warmup)[ =]\S+|--keep)( |$))*$/;

/** What the results of a suite with these arguments are called, without a suffix. */
export function suiteName(date: Date, args: string): string {
  const minute = date.toISOString().slice(0, 16).replace(':', '');
  return `${minute}-${WHOLE.test(args) ? 'suite' : 'part'}`;
}

const BEGIN = '<!-- figures: npm run bench -- --publish -->';
const END = '<!-- end of figures -->';

/**
 * The document with other content between its two markers, which stay.
 * @throws {Error} when the markers are not there once, in that order.
 */
export function replaceFigures(document: string, content: string, file: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  const isOnce = [BEGIN, END].every((marker) => document.split(marker).length === 2);
  if (!isOnce || end < begin) throw new Error(`${file} wants ${BEGIN} and ${END}, once each`);
  return `${document.slice(0, begin + BEGIN.length)}\n${content}\n${document.slice(end)}`;
}

/** @throws {Error} when no whole suite has been played. */
export function latestResults(folder: string): string {
  let files: string[] = [];
  try {
    files = readdirSync(folder).filter((name) => SUITE_FILE.test(name));
  } catch {
    // It has never been written to.
  }
  const latest = files.sort().at(-1);
  if (!latest) throw new Error(`no whole suite in ${folder}: npm run bench comes first`);
  return join(folder, latest);
}

function writeCharts(folder: string, results: SuiteResults): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, picture] of chartsOf(results)) writeFileSync(join(folder, file), picture);
}

/**
 * Takes the figures of a suite's file into README.md and docs/performance.md below `root`, with the
 * charts and the record itself. Returns what was written.
 * @throws {Error} when the file has no results, or a document no place for them.
 */
export function publish(root: string, file: string): string[] {
  const results = readResults(file);
  const contents = {
    'README.md': describeForReadme(results, FOLDER),
    'docs/performance.md': describeSuite(results, 'performance'),
  };
  const documents = Object.entries(contents).map(([name, content]) => {
    const path = join(root, name);
    return { path, text: replaceFigures(readFileSync(path, 'utf8'), content, name) };
  });
  writeCharts(join(root, FOLDER), results);
  writeFileSync(join(root, FOLDER, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  for (const { path, text } of documents) writeFileSync(path, text);
  return [...Object.keys(contents), FOLDER];
}
