import { CliError, EXIT } from '../failure.ts';
import { CsvReader } from './csv-reader.ts';
import type { AccountReader } from './entry.ts';
import { JsonLinesReader } from './json-lines-reader.ts';
import { type AccountWriter, csvWriter, jsonLinesWriter, xmlWriter } from './writers.ts';
import { XmlReader } from './xml-reader.ts';

export const FORMATS = ['csv', 'jsonl', 'xml'] as const;
export type Format = (typeof FORMATS)[number];

const SUFFIXES: readonly (readonly [suffix: RegExp, format: Format])[] = [
  [/\.(csv|tsv)$/i, 'csv'],
  [/\.(jsonl|ndjson|json)$/i, 'jsonl'],
  [/\.xml$/i, 'xml'],
];

/** The format that a file's name tells. @throws {CliError} when it tells none. */
export function formatOf(path: string): Format {
  const format = SUFFIXES.find(([suffix]) => suffix.test(path))?.[1];
  if (format) return format;
  const mend = `Name it with --format: ${FORMATS.join(', ')}.`;
  throw new CliError(`The name of ${path} does not tell its format.`, mend, EXIT.usage);
}

/** `domain` is that of names without one. */
export function readerOf(format: Format, path: string, domain: string | null): AccountReader {
  switch (format) {
    case 'csv':
      return new CsvReader(path, domain);
    case 'jsonl':
      return new JsonLinesReader(path, domain);
    case 'xml':
      return new XmlReader(path);
  }
}

export const WRITERS: Readonly<Record<Format, AccountWriter>> = {
  csv: csvWriter,
  jsonl: jsonLinesWriter,
  xml: xmlWriter,
};
