import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from '@jest/globals';
import type { AccountReader, Entry } from '../../../src/cli/transfer/entry.ts';

/** Writes files that are gone after the tests; returns their paths. */
export function temporaryFiles(): (name: string, content: string | Uint8Array) => string {
  const root = mkdtempSync(join(tmpdir(), 'epode-import-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (name, content) => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
}

/** All that a reader finds, and the fault that ends it. */
export async function readAll(reader: AccountReader) {
  const entries: Entry[] = [];
  let fault = '';
  try {
    for await (const entry of reader.entries()) entries.push(entry);
  } catch (error) {
    fault = (error as Error).message;
  }
  return { entries, fault, ignored: reader.ignored.all };
}

/** What went wrong with each account, by place. */
export function problemsOf(entries: readonly Entry[]): [place: string, problem: string][] {
  return entries.flatMap(({ place, problem }) => (problem === '' ? [] : [[place, problem]]));
}
