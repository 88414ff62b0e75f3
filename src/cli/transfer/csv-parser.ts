import { broken } from './entry.ts';

/** Characters of one record. A quote that is never closed ends here at the latest. */
const MAX_RECORD = 65_536;

export interface CsvRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Cuts text into records as RFC 4180 has them: in quotes a field may hold line breaks,
 * and two quotes stand for one. What is wrong with quotes ends it, since behind it
 * nobody knows which text is a field and which a record: somebody's words about
 * themselves could become an account.
 */
export class CsvParser {
  readonly #delimiter: string;
  #fields: string[] = [];
  #field = '';
  #state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  #length = 0;
  #line = 1;
  #start = 1;
  #records: CsvRecord[] = [];

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** @throws {CliError} where quotes are broken, or a record is too long. */
  *push(text: string): Generator<CsvRecord> {
    for (const character of text) {
      this.#take(character);
      if (this.#records.length > 0) yield* this.#records.splice(0);
    }
  }

  /** The record that no line break ends. */
  end(): CsvRecord[] {
    if (this.#state === 'quoted') throw broken(`line ${this.#start}`, 'a quote is never closed');
    if (this.#field !== '' || this.#fields.length > 0) this.#endRecord();
    return this.#records.splice(0);
  }

  #take(character: string): void {
    if (++this.#length > MAX_RECORD) {
      const what = `the record is longer than ${MAX_RECORD} characters; perhaps a quote is missing`;
      throw broken(`line ${this.#start}`, what);
    }
    if (this.#state === 'quoted') this.#takeQuoted(character);
    else if (character === this.#delimiter) this.#endField();
    else if (character === '\n') this.#endRecord();
    else this.#takePlain(character);
  }

  #takeQuoted(character: string): void {
    if (character === '"') this.#state = 'closed';
    else this.#field += character;
    if (character === '\n') this.#line++;
  }

  #takePlain(character: string): void {
    if (this.#state === 'closed') {
      this.#takeAfterQuote(character);
    } else if (this.#state === 'start' && character === '"') {
      this.#state = 'quoted';
    } else {
      this.#state = 'plain';
      this.#field += character;
    }
  }

  #takeAfterQuote(character: string): void {
    if (character === '\r') return;
    if (character !== '"') throw broken(`line ${this.#line}`, 'text follows a closing quote');
    this.#field += '"';
    this.#state = 'quoted';
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = '';
    this.#state = 'start';
  }

  #endRecord(): void {
    if (this.#state === 'plain') this.#field = this.#field.replace(/\r$/, '');
    this.#endField();
    const isBlank = this.#fields.length === 1 && this.#fields[0] === '';
    if (!isBlank) this.#records.push({ line: this.#start, fields: this.#fields });
    this.#fields = [];
    this.#length = 0;
    this.#line++;
    this.#start = this.#line;
  }
}
