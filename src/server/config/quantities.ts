import { z } from 'zod';

const DURATION_UNITS = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const SIZE_UNITS = new Map([
  ['B', 1],
  ['KB', 1_000],
  ['MB', 1_000_000],
  ['GB', 1_000_000_000],
  ['KiB', 1_024],
  ['MiB', 1_048_576],
  ['GiB', 1_073_741_824],
]);

/** Bounds as people write them, so that messages can repeat them. */
export interface Range {
  readonly min: string;
  readonly max: string;
}

/** What a quantity of the configuration is, for those who describe its schema. */
export interface QuantityFacts {
  readonly kind: 'time span' | 'size';
  readonly range: Range;
}

const quantities = z.registry<QuantityFacts>();

/** Null for a schema that is no quantity. */
export function quantityFacts(schema: z.core.$ZodType): QuantityFacts | null {
  return quantities.get(schema as z.ZodType) ?? null;
}

/** Milliseconds of `60s`, `1.5h`, `250 ms`; null for anything else. */
export function parseDuration(text: string): number | null {
  return parseQuantity(text, DURATION_UNITS);
}

/** Bytes of `256 KiB`, `10 MB`, `10000`; null for anything else. */
export function parseSize(text: string): number | null {
  return parseQuantity(/^\d+$/.test(text) ? `${text} B` : text, SIZE_UNITS);
}

/** A time span with its unit; its value is milliseconds. A bare number is refused as ambiguous. */
export function duration(range: Range) {
  return quantity(range, {
    what: 'a time span such as 60s or 5m',
    parse: (value) => (typeof value === 'string' ? parseDuration(value) : null),
    hint: (value) =>
      typeof value === 'number' ? `add the unit: ${value}s` : 'units: ms, s, m, h, d',
  }).register(quantities, { kind: 'time span', range });
}

/** A size with its unit, or a number of bytes; its value is bytes. */
export function size(range: Range) {
  return quantity(range, {
    what: 'a size such as 256 KiB',
    parse: (value) =>
      typeof value === 'number' || typeof value === 'string' ? parseSize(String(value)) : null,
    hint: () => 'units: B, KB, MB, GB, KiB, MiB, GiB',
  }).register(quantities, { kind: 'size', range });
}

interface QuantityKind {
  readonly what: string;
  parse(value: unknown): number | null;
  hint(value: unknown): string;
}

function quantity(range: Range, kind: QuantityKind) {
  const [min, max] = [kind.parse(range.min)!, kind.parse(range.max)!];
  return z.unknown().transform((value, context): number => {
    const parsed = kind.parse(value);
    if (parsed === null) {
      const message = `must be ${kind.what}`;
      context.addIssue({ code: 'custom', message, params: { hint: kind.hint(value) } });
    } else if (parsed < min || parsed > max) {
      const message = `must be from ${range.min} to ${range.max}`;
      context.addIssue({ code: 'custom', message, params: { hint: '' } });
    } else {
      return parsed;
    }
    return z.NEVER;
  });
}

function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([A-Za-z]{1,3})$/.exec(text.trim());
  const unit = match && units.get(match[2]!);
  return unit ? Math.round(Number(match[1]) * unit) : null;
}
