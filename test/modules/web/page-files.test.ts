import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PageFiles } from '../../../src/modules/web/page-files.ts';
import { contentPolicy } from '../../../src/modules/web/page-policy.ts';

describe('the files of a page', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(directory, 'assets'));
    await writeFile(join(directory, 'index.html'), '<p>'.repeat(500));
    await writeFile(join(directory, 'assets', 'index-Ab12.js'), 'run()');
    await writeFile(join(directory, 'assets', 'notes.txt'), 'not for browsers');
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('are found by their paths', async () => {
    const files = new PageFiles(directory);
    expect(await files.find('index.html')).toMatchObject({
      type: 'text/html; charset=utf-8',
      isForever: false,
    });
    expect(await files.find('assets/index-Ab12.js')).toMatchObject({
      type: 'text/javascript; charset=utf-8',
      isForever: true,
    });
    for (const name of ['', 'assets', '../page', 'assets/../index.html', 'assets/notes.txt']) {
      expect([name, await files.find(name)]).toEqual([name, null]);
    }
  });

  test('are packed where that makes them smaller', async () => {
    const files = new PageFiles(directory);
    const page = (await files.find('index.html'))!;
    expect(gunzipSync(page.packed!).equals(page.bytes)).toBe(true);
    expect((await files.find('assets/index-Ab12.js'))!.packed).toBe(null);
  });

  test('have a tag that changes with what is in them', async () => {
    const before = (await new PageFiles(directory).find('index.html'))!.tag;
    expect(before).toMatch(/^"[\w-]{22}"$/);
    expect((await new PageFiles(directory).find('index.html'))!.tag).toBe(before);
    await writeFile(join(directory, 'index.html'), 'another');
    expect((await new PageFiles(directory).find('index.html'))!.tag).not.toBe(before);
  });

  test('that were not built are missed aloud', async () => {
    const files = new PageFiles(join(directory, 'nowhere'));
    await expect(files.find('index.html')).rejects.toThrow('ENOENT');
  });
});

describe('what the page may do', () => {
  test('names where else its server is found', () => {
    expect(contentPolicy('https://chat.example.org')).toContain(
      "connect-src 'self' https://chat.example.org wss://chat.example.org;",
    );
    expect(contentPolicy(null)).toContain("connect-src 'self';");
  });
});
