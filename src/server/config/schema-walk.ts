import type { ZodType, z } from 'zod';

export type KeyPath = readonly PropertyKey[];

/** The schema of the value at `path` below `schema`; null where it foresees none. */
export function schemaAt(schema: ZodType, path: KeyPath): ZodType | null {
  let here: ZodType | null = unwrap(schema);
  for (const key of path) {
    here = here && stepInto(here, key);
    here = here && unwrap(here);
  }
  return here;
}

/** The keys that `schema` foresees in a mapping; empty when it is none, or takes any. */
export function knownKeys(schema: ZodType | null): readonly string[] {
  const def = schema && definition(schema);
  return def?.type === 'object' ? Object.keys(def.shape) : [];
}

/** Whether `schema` describes a mapping. */
export function isMapping(schema: ZodType | null): boolean {
  const type = schema && definition(schema).type;
  return type === 'object' || type === 'record';
}

/**
 * The value as it would be written with every default in place; undefined where there is
 * neither. `show` sees each value that is no mapping and no list, with its schema.
 */
export function fillDefaults(
  schema: ZodType,
  value: unknown,
  show: (value: unknown, schema: ZodType) => unknown,
): unknown {
  const def = definition(schema);
  if ('innerType' in def) {
    const given = value === undefined && 'defaultValue' in def ? def.defaultValue : value;
    return given === undefined ? undefined : fillDefaults(def.innerType, given, show);
  }
  if (def.type === 'pipe') return fillDefaults(def.in, value, show);
  if (def.type === 'array' && Array.isArray(value)) {
    return value.map((item) => fillDefaults(def.element, item, show));
  }
  if (!isMapping(schema)) return show(value, schema);
  const values = value as Readonly<Record<string, unknown>>;
  const filled = keysOf(def, values).map(
    (key) => [key, fillDefaults(stepInto(schema, key)!, values[key], show)] as const,
  );
  return Object.fromEntries(filled.filter(([, each]) => each !== undefined));
}

function keysOf(def: Definition, values: object): string[] {
  return def.type === 'object' ? Object.keys(def.shape) : Object.keys(values);
}

type Definition =
  | { type: 'object'; shape: Record<string, ZodType> }
  | { type: 'record'; valueType: ZodType }
  | { type: 'array'; element: ZodType }
  | { type: 'union'; options: readonly ZodType[] }
  | { type: 'pipe'; in: ZodType; out: ZodType }
  | { type: 'default' | 'prefault'; innerType: ZodType; defaultValue: unknown }
  | { type: 'optional' | 'nullable' | 'readonly'; innerType: ZodType }
  | { type: 'string' };

function definition(schema: ZodType): Definition {
  return (schema as z.core.$ZodType)._zod.def as unknown as Definition;
}

// Defaults, optionals and transformations stand around what describes the value.
function unwrap(schema: ZodType): ZodType {
  const def = definition(schema);
  if ('innerType' in def) return unwrap(def.innerType);
  return def.type === 'pipe' ? unwrap(def.in) : schema;
}

function stepInto(schema: ZodType, key: PropertyKey): ZodType | null {
  const def = definition(schema);
  if (def.type === 'object') return Object.hasOwn(def.shape, key) ? def.shape[String(key)]! : null;
  if (def.type === 'record') return def.valueType;
  if (def.type === 'array') return def.element;
  if (def.type !== 'union') return null;
  const option = def.options.map(unwrap).find((each) => stepInto(each, key) !== null);
  return option ? stepInto(option, key) : null;
}
