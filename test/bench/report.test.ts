import { expect, test } from '@jest/globals';
import { describeForReadme, describeSuite } from '../../bench/suite/report.ts';
import { formatTimes, isWeakSpot, rowsOf } from '../../bench/suite/rows.ts';
import { chatRun, startRun, suiteResults } from './sample-results.ts';

/** The cells of a table's row that begins with `label`. */
function cellsOf(document: string, label: string): string[] {
  const line = document.split('\n').find((text) => text.startsWith(`| ${label}`)) ?? '';
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const readme = describeForReadme(suiteResults, 'docs/performance');

test('a row has the medians, and the median of how many times better each round was', () => {
  expect(cellsOf(readme, 'one-to-one chat: CPU')).toEqual([
    'one-to-one chat: CPU us/message',
    '**4.0**',
    '80.0',
    '40.0',
    '20 and 10 times',
  ]);
  expect(cellsOf(readme, 'one-to-one chat: messages/s')).toEqual([
    'one-to-one chat: messages/s',
    '**250,000**',
    '12,500',
    '25,000',
    '20 and 10 times',
  ]);
});

test('where Epode is behind, and what failed, is said', () => {
  expect(readme).toContain(
    'Where Epode is behind:\n\n- start: ms until it answers: Epode 350, Prosody 50, ejabberd 770\n',
  );
  expect(readme).toContain('- `chat --tls`: ejabberd failed in round 2: does not listen\n');
  expect(readme).not.toContain('log of ejabberd');
});

test('a server without a single figure is shown as failed', () => {
  const rounds = chatRun.rounds.map(({ prosody: _, ...others }) => others);
  const failures = [{ server: 'prosody', round: 0, reason: 'not installed' }];
  const results = { ...suiteResults, runs: [{ ...chatRun, rounds, failures }] };
  const document = describeForReadme(results, 'charts');
  expect(cellsOf(document, 'one-to-one chat: CPU')).toContain('failed');
  expect(cellsOf(document, 'one-to-one chat: CPU')).toContain('- and 10 times');
  expect(document).toContain(
    '- `chat --tls`: prosody failed before the first round: not installed',
  );
});

test('a row without anybody to compare with has no ratio', () => {
  const rounds = chatRun.rounds.map(({ epode }) => ({ epode: epode! }));
  const document = describeForReadme({ ...suiteResults, runs: [{ ...chatRun, rounds }] }, 'charts');
  expect(cellsOf(document, 'one-to-one chat: CPU').slice(2)).toEqual(['failed', 'failed', '']);
});

test('a figure that need not be is none, and not a failure', () => {
  const growth = { key: 'growth', title: 'MiB/h, if it grows', digits: 1, isOptional: true };
  const run = { ...chatRun, columns: [growth], inReadme: ['growth'], failures: [] };
  const document = describeForReadme({ ...suiteResults, runs: [run] }, 'charts');
  expect(cellsOf(document, 'one-to-one chat: MiB/h')[1]).toBe('none');
});

test('that a run has fewer rounds than others is said', () => {
  const long = { ...chatRun, args: 'mixed --rounds 1', rounds: chatRun.rounds.slice(0, 1) };
  const document = describeForReadme({ ...suiteResults, runs: [chatRun, long] }, 'charts');
  expect(document).toContain('Medians of 3 rounds, of one where the command says so; ');
});

test('nothing is said of weak spots where there are none', () => {
  const results = { ...suiteResults, runs: [{ ...chatRun, failures: [] }] };
  expect(describeForReadme(results, 'charts')).not.toMatch(/behind|failed/);
});

test('machine, versions and command stand with the figures', () => {
  expect(readme).toContain(
    'Measured 2026-11-27 on 2 cores of Some CPU, 8 GiB, Debian GNU/Linux 12; Epode abc1234, ' +
      'Prosody 0.12.3, node v24.21.0. Medians of 3 rounds; `npm run bench -- --rounds 3`, 61 minutes.',
  );
});

test('every charted row has its picture, with words for who does not see it', () => {
  expect(readme).toContain(
    '<img src="docs/performance/start-up-ms.svg" alt="start: ms until it answers" width="49%">',
  );
});

test('the whole report has the spread of each run, its command and its warnings', () => {
  const disturbed = { ...startRun, rounds: [{ epode: { ms: 350, othersShare: 0.5 } }] };
  const document = describeSuite({ ...suiteResults, runs: [chatRun, disturbed] }, 'performance');
  expect(document).toContain('`npm run bench -- chat --tls`');
  expect(document).toContain('4.0 [3.0 - 5.0]');
  expect(document).toContain('round 1: other processes disturbed epode');
});

test('a weak spot is a row in which anybody was better', () => {
  const [cost] = rowsOf(chatRun, ['cpuUsPerMessage']);
  const [ms] = rowsOf(startRun, ['ms']);
  expect([isWeakSpot(cost!), isWeakSpot(ms!)]).toEqual([false, true]);
});

test('a column that a run has not is no row', () => {
  expect(rowsOf(chatRun, ['nothing'])).toEqual([]);
});

test.each([
  [0.153, '0.15'],
  [1, '1.0'],
  [4.46, '4.5'],
  [9.96, '10'],
  [23.4, '23'],
])('%d is %s times', (value, wanted) => {
  expect(formatTimes(value)).toBe(wanted);
});
