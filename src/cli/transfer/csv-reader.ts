import { CliError, EXIT } from '../failure.ts';
import { CsvParser, type CsvRecord } from './csv-parser.ts';
import {
  type AccountReader,
  type Entry,
  entryOf,
  jidOf,
  NO_DOMAIN,
  problemAt,
  Tally,
} from './entry.ts';
import { fileText } from './file-text.ts';

const COLUMNS = ['jid', 'name', 'password', 'hash', 'nickname'] as const;
type Column = (typeof COLUMNS)[number];

/** Which field of a record is which; -1 where the file does not have it. */
type Columns = Readonly<Record<Column, number>> & { readonly count: number };

/**
 * Accounts as spreadsheets and databases write them: a line of headings, then one
 * account a line. Separated by commas, semicolons or tabs, as the headings are.
 */
export class CsvReader implements AccountReader {
  readonly ignored = new Tally();
  readonly #path: string;
  readonly #domain: string | null;
  #columns: Columns | null = null;

  /** `domain` is that of names without one. */
  constructor(path: string, domain: string | null) {
    this.#path = path;
    this.#domain = domain;
  }

  async *entries(): AsyncGenerator<Entry> {
    let parser: CsvParser | null = null;
    for await (const text of fileText(this.#path)) {
      parser ??= new CsvParser(delimiterOf(text));
      yield* this.#read(parser.push(text));
    }
    if (parser) yield* this.#read(parser.end());
    if (!this.#columns) throw new CliError('The file is empty.');
  }

  *#read(records: Iterable<CsvRecord>): Generator<Entry> {
    for (const record of records) {
      if (this.#columns) yield this.#entryOf(record, this.#columns);
      else this.#columns = this.#readHeadings(record.fields);
    }
  }

  #readHeadings(fields: readonly string[]): Columns {
    const names = fields.map((field) => field.trim().toLowerCase());
    const twin = names.find((name, index) => names.indexOf(name) < index);
    if (twin !== undefined) throw badHeadings(`The column "${twin}" is there twice.`);
    const known: readonly string[] = COLUMNS;
    for (const name of names) if (!known.includes(name)) this.ignored.add(`column "${name}"`);
    const at = (column: Column) => names.indexOf(column);
    const [jid, name, password, hash, nickname] = COLUMNS.map(at) as Five;
    if (jid < 0 && name < 0) throw badHeadings('There is no column "name" or "jid".');
    if (password < 0 && hash < 0) throw badHeadings('There is no column "password" or "hash".');
    return { jid, name, password, hash, nickname, count: names.length };
  }

  #entryOf({ line, fields }: CsvRecord, columns: Columns): Entry {
    const place = `line ${line}`;
    if (fields.length !== columns.count) {
      return problemAt(place, `there are ${fields.length} fields, but ${columns.count} headings`);
    }
    const of = (column: Column) => fields[columns[column]] ?? '';
    const jid = jidOf((of('jid') || of('name')).trim(), this.#domain);
    if (jid === null) return problemAt(place, NO_DOMAIN);
    const [password, hash, nickname] = [of('password'), of('hash').trim(), of('nickname')];
    if (password !== '' && hash !== '') return problemAt(place, 'it has both password and hash');
    return entryOf(place, {
      jid,
      ...(password !== '' && { password }),
      ...(hash !== '' && { hash }),
      ...(nickname !== '' && { nickname }),
    });
  }
}

type Five = [number, number, number, number, number];

/** The first of the headings' line that can be one. */
function delimiterOf(text: string): string {
  const [headings = ''] = text.split('\n', 1);
  return /[,;\t]/.exec(headings)?.[0] ?? ',';
}

function badHeadings(message: string): CliError {
  const mend = 'The first line names the columns: name or jid, password or hash, nickname.';
  return new CliError(message, mend, EXIT.failed);
}
