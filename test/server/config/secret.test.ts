import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { resolveSecret } from '../../../src/server/config/secret.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'epode-secret-'));
  writeFileSync(join(directory, 'secret'), 'open sesame \r\n');
  writeFileSync(join(directory, 'empty'), '\n');
  writeFileSync(join(directory, 'large'), 'x'.repeat(100_000));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a file’s text is the secret, less one line break', () => {
  expect(resolveSecret('file:secret', directory)).toBe('open sesame ');
  expect(resolveSecret(`file:${directory}/secret`, '/')).toBe('open sesame ');
});

test('a secret may stand in the configuration itself', () => {
  expect(resolveSecret('open sesame', directory)).toBe('open sesame');
});

test.each([['empty'], ['large'], ['absent']])('the file %s is no secret', (name) => {
  expect(() => resolveSecret(`file:${name}`, directory)).toThrow(name);
});
