import { open, rm } from 'node:fs/promises';
import { displayPath } from '../server/config/problems.ts';
import { CliError } from './failure.ts';

export type Write = (text: string) => Promise<unknown>;

/**
 * Lets `work` write to a new file for its owner alone, which is removed when it breaks off;
 * without a path to standard output. Throws `CliError`.
 */
export async function writeTo<T>(
  path: string | undefined,
  work: (write: Write) => Promise<T>,
): Promise<T> {
  return await (path === undefined ? work(writeOut) : intoFile(path, work));
}

async function intoFile<T>(path: string, work: (write: Write) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((error) => {
    throw explain(path, error);
  });
  try {
    const result = await work((text) => file.appendFile(text));
    await file.sync();
    return result;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function explain(path: string, error: NodeJS.ErrnoException): CliError {
  const name = displayPath(path);
  if (error.code === 'EEXIST') return new CliError(`${name} is there already.`, 'Name another.');
  return new CliError(`${name} cannot be written: ${error.message}.`);
}

function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
