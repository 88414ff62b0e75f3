import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type Storage, StorageError } from '../../storage/ports.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';

/** A backup that was made. */
export interface BackupFacts {
  readonly file: string;
  readonly bytes: number;
}

const target = z.strictObject({
  file: z.string().max(4_096).refine(isAbsolute, 'must be an absolute path'),
});

/** The command that backs the store up while it is in use. */
export function backupCommands(storage: Storage): AdminCommand[] {
  return [
    adminCommand({
      name: 'backup',
      summary: 'Writes a copy of the database.',
      params: target,
      run: ({ file }): Promise<BackupFacts> =>
        storage.backUp(file).then((bytes) => ({ file, bytes }), explain),
    }),
  ];
}

function explain(error: unknown): never {
  if (!(error instanceof StorageError && error.code === 'exists')) throw error;
  throw new AdminError('exists', error.message, error.mend);
}
