import { StorageError } from '../ports.ts';

interface Fault {
  readonly code: StorageError['code'];
  /** What is wrong, to be read after the path. */
  readonly says: string;
  readonly mend: string;
}

const FULL: Fault = {
  code: 'full',
  says: 'cannot grow: the disk is full',
  mend: 'Free some space on that disk or move the data directory to a larger one.',
};
const READ_ONLY: Fault = {
  code: 'read-only',
  says: 'cannot be written',
  mend: 'Let the user who runs the server own the data directory, on a disk mounted writable.',
};
const LOCKED: Fault = {
  code: 'locked',
  says: 'is in use by another process',
  mend: 'Stop the other server, or the tool that holds the database open.',
};
const CORRUPT: Fault = {
  code: 'corrupt',
  says: 'is damaged or not an Epode database',
  mend: 'Restore the file from a backup; keep the damaged one for examination.',
};
const MISSING: Fault = {
  code: 'missing',
  says: 'is not within an existing directory',
  mend: 'Create the directory, mount its disk, or name another data directory.',
};

// By prefix: SQLite's codes have extended forms, such as SQLITE_BUSY_RECOVERY.
const FAULTS: readonly (readonly [prefix: string, fault: Fault])[] = [
  ['SQLITE_IOERR_SHMSIZE', FULL],
  ['SQLITE_FULL', FULL],
  ['SQLITE_READONLY', READ_ONLY],
  ['SQLITE_CANTOPEN', READ_ONLY],
  ['SQLITE_PERM', READ_ONLY],
  ['SQLITE_BUSY', LOCKED],
  ['SQLITE_LOCKED', LOCKED],
  ['SQLITE_CORRUPT', CORRUPT],
  ['SQLITE_NOTADB', CORRUPT],
  // Our statements are sound, so one that does not compile met foreign tables.
  ['SQLITE_ERROR', CORRUPT],
  ['ENOSPC', FULL],
  ['EDQUOT', FULL],
  ['EACCES', READ_ONLY],
  ['EPERM', READ_ONLY],
  ['EROFS', READ_ONLY],
  ['ENOENT', MISSING],
  ['ENOTDIR', MISSING],
];

/**
 * What SQLite or the file system threw, as an error for operators. Told by the
 * error's code and not by its class: the class differs between module registries.
 *
 * @param path the file or directory that was worked on
 */
export function storageError(cause: unknown, path: string): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = codeOf(cause);
  const fault = FAULTS.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (!fault) return failed(`${path}: ${textOf(cause)}${code && ` (${code})`}.`);
  return new StorageError(fault.code, `${path} ${fault.says} (${code}).`, fault.mend);
}

/** A fault that the operator cannot be told much about. */
export function failed(message: string): StorageError {
  return new StorageError(
    'failed',
    message,
    'See the log, check the disk, and restart the server.',
  );
}

/** Runs `task`; whatever it throws becomes a `StorageError` about `path`. */
export function guarded<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw storageError(error, path);
  }
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

function textOf(cause: unknown): string {
  return Error.isError(cause) ? cause.message : String(cause);
}
