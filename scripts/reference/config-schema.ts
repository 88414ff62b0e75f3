import { type ZodType, z } from 'zod';
import { builtinModules } from '../../src/builtin-modules.ts';
import { quantityFacts } from '../../src/server/config/quantities.ts';
import { accountsSchema, fileSchema, signInSchema } from '../../src/server/config/schema.ts';
import { isSecret } from '../../src/server/config/secret.ts';
import { noSettings } from '../../src/server/config/sections.ts';

/** As much of JSON Schema as is used here. */
export interface JsonSchema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: unknown;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
  writeOnly?: boolean;
  $comment?: string;
}

const NUMBER = String.raw`\d{1,15}(\.\d{1,6})?`;
const QUANTITIES = {
  'time span': { type: 'string', pattern: `^${NUMBER} ?(ms|s|m|h|d)$` },
  size: { type: ['string', 'integer'], pattern: `^${NUMBER} ?(B|KB|MB|GB|KiB|MiB|GiB)$|^\\d+$` },
};

/** The configuration file as JSON Schema (draft 7, which editors know best). */
export function configSchema(): JsonSchema {
  return z.toJSONSchema(wholeSchema(), {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => complete(zodSchema, jsonSchema as JsonSchema),
  }) as JsonSchema;
}

/** With every section that may stand in a host's place in both. */
function wholeSchema(): ZodType {
  const { shape } = fileSchema;
  const host = shape.hosts.valueType;
  const sections = (from: Record<string, ZodType>) => ({
    signIn: signInSchema.prefault({}).describe(from.signIn!.description!),
    accounts: accountsSchema.prefault({}).describe(from.accounts!.description!),
    modules: modulesSchema().prefault({}).describe(from.modules!.description!),
  });
  const hosts = z.record(z.string(), host.extend(sections(host.shape)));
  const all = { hosts: hosts.describe(shape.hosts.description!), ...sections(shape) };
  return fileSchema.extend(all);
}

function modulesSchema() {
  const sections = builtinModules.map(({ name, summary, config = noSettings }) => [
    name,
    z.union([z.boolean(), config]).optional().describe(summary),
  ]);
  return z.strictObject(Object.fromEntries(sections) as Record<string, ZodType>);
}

/** What zod does not know of, or says at too much length. */
function complete(schema: z.core.$ZodType, json: JsonSchema): void {
  const quantity = quantityFacts(schema);
  if (quantity) {
    const { min, max } = quantity.range;
    Object.assign(json, QUANTITIES[quantity.kind], {
      $comment: `${quantity.kind}, ${min} to ${max}`,
    });
  }
  if (isSecret(schema)) json.writeOnly = true;
  // A section without keys is one with defaults.
  if (json.type === 'object') json.type = ['object', 'null'];
  delete json.propertyNames;
  if (json.exclusiveMinimum === 0) {
    json.minimum = 1;
    delete json.exclusiveMinimum;
  }
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
}
