import { globSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { referenceDocuments } from '../scripts/reference/documents.ts';
import { parseElement } from '../src/xml/element.ts';

function read(path: string): string {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

const configurations = globSync('conf/**/*.yaml').filter((path) => !path.endsWith('alerts.yaml'));

test('the guide to modules shows the ping module as it is', () => {
  expect(read('docs/writing-a-module.md')).toContain(
    `\`\`\`ts\n${read('src/modules/ping.ts')}\`\`\``,
  );
});

test.each([...referenceDocuments()])('%s is what `npm run generate` makes', (path, text) => {
  expect(read(path)).toBe(text);
});

test('every key of the configuration says what it means', () => {
  const rows = read('docs/config.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((line) => !/[.!] \|$/.test(line))).toEqual([]);
});

test('the description of the project is well-formed', () => {
  const text = read('epode.doap').replace(/^(<[?!].*\n)+/, '');
  expect(parseElement(text).getChild('Project')?.getChildren('implements').length).toBeGreaterThan(
    30,
  );
});

const schema = z.fromJSONSchema(JSON.parse(read('conf/epode.schema.json')));

test.each(configurations)('%s is sound by the schema for editors', (path) => {
  expect(schema.safeParse(parse(read(path))).error?.issues).toBeUndefined();
});

test.each([
  'hosts: { localhost: { signin: {} } }',
  'listeners: []\nhosts: { localhost: }',
  'hosts: { localhost: }\nlimits: { queue: 4 MB/s }',
  'hosts: { localhost: }\nmodules: { pnig: false }',
  'hosts: { localhost: }\nmodules: { ping: { often: true } }',
  'log: { level: loud }\nhosts: { localhost: }',
  'log: { level: info }',
])('by the schema for editors %j is not', (text) => {
  expect(schema.safeParse(parse(text)).success).toBe(false);
});
