import { expect, test } from '@jest/globals';
import { JsonLinesReader } from '../../../src/cli/transfer/json-lines-reader.ts';
import { problemsOf, readAll, temporaryFiles } from './files.ts';

const file = temporaryFiles();
let made = 0;
const read = (content: string, domain: string | null = 'a.example') =>
  readAll(new JsonLinesReader(file(`${++made}.jsonl`, content), domain));

test('reads an object a line', async () => {
  const { entries, ignored, fault } = await read(
    '{"name":"juliet","password":"a","mail":"x"}\r\n\n{"jid":"Romeo@b.example","hash":"$2y$"}',
  );
  expect(entries.map(({ place, account }) => [place, account?.jid])).toEqual([
    ['line 1', 'juliet@a.example'],
    ['line 3', 'Romeo@b.example'],
  ]);
  expect(entries[0]?.account).toMatchObject({ password: 'a', roster: [], disabled: false });
  expect(ignored).toEqual({ 'key "mail"': 1 });
  expect(fault).toBe('');
});

test('tells with its line what is no account, and goes on', async () => {
  const lines = [
    'nonsense',
    '[]',
    'null',
    '"text"',
    '{"name":"x"',
    '{"name":"x","roster":{}}',
    '{"name":"x","disabled":"yes"}',
    '{"name":"x","scram":[{"mechanism":"SCRAM-SHA-1","iterations":9e9}]}',
    `{"name":"x","roster":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    '{"__proto__":{"name":"root"},"name":"juliet","password":"a"}',
  ];
  const { entries, fault } = await read(lines.join('\n'));
  expect(problemsOf(entries).map(([place]) => place)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((line) => `line ${line}`),
  );
  expect(entries.at(-1)?.account?.jid).toBe('juliet@a.example');
  expect(fault).toBe('');
});

test('of a line without end it reads so much and no more', async () => {
  const endless = `{"name":"a","password":"${'x'.repeat(5_000_000)}"}`;
  const { entries, fault } = await read(`{"name":"juliet","password":"a"}\n${endless}`);
  expect(entries).toHaveLength(1);
  expect(fault).toMatch(/^line 2: it has over 4194304 characters/);
});

test('a name without domain is nobody’s where there are several', async () => {
  expect(problemsOf((await read('{"name":"juliet"}', null)).entries)).toEqual([
    ['line 1', expect.stringContaining('--domain')],
  ]);
});
