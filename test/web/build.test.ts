import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'web');

/** Bytes of all that a browser loads, packed: what a slow line carries in a few seconds. */
const MAX_SIZE = 250_000;

describe('the built page', () => {
  test('is light', async () => {
    const entries = await readdir(BUILT, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => {
        return gzipSync(await readFile(join(parentPath, name))).length;
      }),
    );
    expect(files.length).toBeGreaterThanOrEqual(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_SIZE);
  });

  test('has nothing that its policy forbids', async () => {
    const page = await readFile(join(BUILT, 'index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|data:/i);
  });
});
