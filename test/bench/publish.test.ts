import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { latestResults, publish, replaceFigures, suiteName } from '../../bench/suite/publish.ts';
import { readResults } from '../../bench/suite/results.ts';
import { saveSuite } from '../../bench/suite/suite.ts';
import { suiteResults } from './sample-results.ts';

const BEGIN = '<!-- figures: npm run bench -- --publish -->';
const END = '<!-- end of figures -->';
const PROJECT = join(import.meta.dirname, '..', '..');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'epode-publish-'));
  mkdirSync(join(root, 'docs/performance'), { recursive: true });
  for (const name of ['README.md', 'docs/performance.md'])
    writeFileSync(join(root, name), `# ${name}\n\n${BEGIN}\nold\n${END}\n\nthe rest\n`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (name: string) => readFileSync(join(root, name), 'utf8');

test('what stands between the markers is replaced, again and again', () => {
  const once = replaceFigures(`a\n${BEGIN}\nold\n${END}\nb\n`, 'new', 'README.md');
  expect(once).toBe(`a\n${BEGIN}\nnew\n${END}\nb\n`);
  expect(replaceFigures(once, 'new', 'README.md')).toBe(once);
});

test.each([
  ['no marker', 'text'],
  ['one marker', BEGIN],
  ['the wrong order', END + BEGIN],
  ['two of one', BEGIN + BEGIN + END],
])('a document with %s is left alone', (_, document) => {
  expect(() => replaceFigures(document, 'new', 'README.md')).toThrow(/^README\.md wants <!-- /);
});

test('figures, charts and the record are published together', () => {
  saveSuite(join(root, 'results'), '2026-11-27T1200-suite', suiteResults);
  writeFileSync(join(root, 'docs/performance/old-rate.svg'), '<svg/>');
  const written = publish(root, latestResults(join(root, 'results')));
  expect(written).toEqual(['README.md', 'docs/performance.md', 'docs/performance']);
  expect(read('README.md')).toMatch(/^# README\.md\n\n<!-- .*\n\nthe rest\n$/s);
  expect(read('README.md')).toContain('docs/performance/chat-tls-rate.svg');
  expect(read('docs/performance.md')).toContain('"performance/chat-tls-rate.svg"');
  expect(readResults(join(root, 'docs/performance/results.json'))).toEqual(suiteResults);
  expect(readdirSync(join(root, 'docs/performance')).sort()).toEqual([
    'chat-tls-cpuUsPerMessage.svg',
    'chat-tls-rate.svg',
    'results.json',
    'start-up-ms.svg',
  ]);
});

test('nothing is written when a document has no place for figures', () => {
  saveSuite(join(root, 'results'), '2026-11-27T1200-suite', suiteResults);
  writeFileSync(join(root, 'docs/performance.md'), 'no markers');
  expect(() => publish(root, latestResults(join(root, 'results')))).toThrow(
    /docs\/performance\.md/,
  );
  expect(read('README.md')).toContain('old');
  expect(readdirSync(join(root, 'docs/performance'))).toEqual([]);
});

test.each([
  ['', 'suite'],
  ['--rounds 5', 'suite'],
  ['--seconds=20 --warmup 10 --keep', 'suite'],
  ['--quick', 'part'],
  ['--rounds 3 --only epode', 'part'],
  ['--seconds 2 --runs chat', 'part'],
])('what was played with %j is a %s', (args, wanted) => {
  const date = new Date('2026-11-27T12:00:30Z');
  expect(suiteName(date, args)).toBe(`2026-11-27T1200-${wanted}`);
});

test('the latest whole suite is published, and no run of one scenario', () => {
  for (const name of ['2026-11-27T1200-suite', '2026-11-28T0900-suite'])
    saveSuite(join(root, 'results'), name, suiteResults);
  for (const name of ['2026-11-29T0900-chat', '2026-11-30T0900-part'])
    writeFileSync(join(root, 'results', `${name}.json`), '{}');
  expect(latestResults(join(root, 'results'))).toMatch(/2026-11-28T0900-suite\.json$/);
  expect(() => latestResults(join(root, 'docs'))).toThrow(/npm run bench comes first/);
  expect(() => latestResults(join(root, 'nowhere'))).toThrow(/npm run bench comes first/);
});

test.each(['README.md', 'docs/performance.md'])('%s has a place for figures', (name) => {
  const document = readFileSync(join(PROJECT, name), 'utf8');
  expect(replaceFigures(document, 'new', name)).toContain('new');
});
