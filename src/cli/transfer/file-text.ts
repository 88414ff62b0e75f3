import { createReadStream } from 'node:fs';
import { displayPath } from '../../server/config/problems.ts';
import { CliError } from '../failure.ts';

/** Characters of one piece; what looks at pieces does so before much can pile up. */
const PIECE = 16_384;

/**
 * The text of a file in UTF-8, piece by piece, without its byte-order mark.
 * @throws {CliError} when it cannot be read, or is in another encoding.
 */
export async function* fileText(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) {
      yield* cut(decoder.decode(chunk as Buffer, { stream: true }));
    }
    yield decoder.decode();
  } catch (error) {
    throw explain(path, error as NodeJS.ErrnoException);
  }
}

function* cut(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += PIECE) yield text.slice(start, start + PIECE);
}

function explain(path: string, error: NodeJS.ErrnoException): unknown {
  const name = displayPath(path);
  switch (error.code) {
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return new CliError(`${name} is not in UTF-8.`, 'Convert it, for example with iconv.');
    case 'ENOENT':
      return new CliError(`There is no file ${name}.`);
    case 'EACCES':
      return new CliError(`This user may not read ${name}.`);
    case 'EISDIR':
      return new CliError(`${name} is a directory.`);
    case undefined:
      return error;
    default:
      return new CliError(`${name} cannot be read: ${error.message}.`);
  }
}
