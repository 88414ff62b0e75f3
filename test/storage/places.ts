import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';

/** Makes paths of data directories that are gone after the tests of the file. */
export function temporaryPlaces(): () => string {
  const root = mkdtempSync(join(tmpdir(), 'epode-storage-'));
  let made = 0;
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => join(root, `data-${++made}`);
}

/** Opens stores that are closed after each test, also one that fails: threads outlive tests. */
export function temporaryStores() {
  const stores: Storage[] = [];
  afterEach(async () => {
    for (const storage of stores.splice(0)) await storage.close();
  });
  return async (directory: string, mode: 'inline' | 'thread' = 'inline'): Promise<Storage> => {
    const storage = await openStorage({ directory, log, mode });
    stores.push(storage);
    return storage;
  };
}
