import type { ZodType } from 'zod';
import { isMapping, type KeyPath, schemaAt } from './schema-walk.ts';
import { isSecret, resolveSecret } from './secret.ts';

/** Values of one section, as the file has them. */
export type RawSection = Readonly<Record<string, unknown>>;

export function isSection(value: unknown): value is RawSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The values with what the file leaves to us: a section without keys (all
 * commented out, so that YAML reads null) becomes an empty one.
 */
export function fillEmptySections(value: unknown, schema: ZodType, path: KeyPath = []): unknown {
  if (value === null && isMapping(schemaAt(schema, path))) return {};
  if (Array.isArray(value)) {
    return value.map((item, index) => fillEmptySections(item, schema, [...path, index]));
  }
  if (!isSection(value)) return value;
  return mapValues(value, (item, key) => fillEmptySections(item, schema, [...path, key]));
}

/** Replaces `file:` and `env:` by what they stand for, where the schema marks a secret. */
export function resolveSecrets(
  value: unknown,
  schema: ZodType,
  directory: string,
  report: (path: KeyPath, message: string) => void,
  path: KeyPath = [],
): unknown {
  if (isSection(value)) {
    return mapValues(value, (item, key) =>
      resolveSecrets(item, schema, directory, report, [...path, key]),
    );
  }
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      resolveSecrets(item, schema, directory, report, [...path, index]),
    );
  }
  const here = typeof value === 'string' ? schemaAt(schema, path) : null;
  if (typeof value !== 'string' || !here || !isSecret(here)) return value;
  try {
    return resolveSecret(value, directory);
  } catch (error) {
    report(path, `no secret to be had: ${(error as Error).message}`);
    return value;
  }
}

/** One section laid over another: sections mingle, everything else replaces. */
export function overlay(base: RawSection, over: RawSection): RawSection {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isSection(below) && isSection(value) ? overlay(below, value) : value);
  }
  return Object.fromEntries(merged);
}

function mapValues(section: RawSection, change: (value: unknown, key: string) => unknown) {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [key, change(value, key)]),
  );
}
