import { guarded } from './errors.ts';
import { answer, type Question, type Reader, type Readings } from './readings.ts';

/** Answers at once, on the caller's own connection. */
export class InlineReader implements Reader {
  readonly #readings: Readings;
  readonly #path: string;

  constructor(readings: Readings, path: string) {
    this.#readings = readings;
    this.#path = path;
  }

  readonly ask: Reader['ask'] = (...question) =>
    guarded(this.#path, () => answer(this.#readings, question as Question)) as never;

  async close(): Promise<void> {}
}
