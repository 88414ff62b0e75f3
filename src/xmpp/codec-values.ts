import { formatDateTime, parseDateTime } from './date-time.ts';
import { Jid, JidError } from './jid.ts';

/** How a value is written in an attribute or as text. */
export interface ValueCodec<T> {
  /** Undefined when the text is not such a value. */
  parse(text: string): T | undefined;
  format(value: T): string;
}

export const string: ValueCodec<string> = { parse: (written) => written, format: String };

export const jid: ValueCodec<Jid> = { parse: parseJid, format: String };

function parseJid(written: string): Jid | undefined {
  try {
    return Jid.parse(written);
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

/** Milliseconds since 1970 (XEP-0082 §3.2). */
export const dateTime: ValueCodec<number> = {
  parse: (written) => parseDateTime(written) ?? undefined,
  format: formatDateTime,
};

/** A decimal integer from `min` to `max`. */
export function integer(min: number, max: number): ValueCodec<number> {
  return {
    parse(written) {
      if (!/^[+-]?\d{1,16}$/.test(written)) return undefined;
      const value = Number(written);
      return value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

/** As XML Schema has it: `true` and `1`, `false` and `0`. */
export const boolean: ValueCodec<boolean> = {
  parse: (written) => BOOLEANS.get(written),
  format: String,
};
const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** One of these words. */
export function oneOf<const T extends string>(...words: readonly T[]): ValueCodec<T> {
  return { parse: (written) => words.find((word) => word === written), format: String };
}
