import { builtinModules } from '../../src/builtin-modules.ts';
import { FIXED_KEYS, LIVE_KEYS } from '../../src/server/config/changes.ts';
import { waitsForRestart } from '../../src/server/module-order.ts';
import { configSchema, type JsonSchema } from './config-schema.ts';
import { code, heading, page, table } from './markdown.ts';
import { xepNames } from './xeps.ts';

const INTRODUCTION = `Every key of the configuration file, with its default. How they work together is told in the
[guide](configuration.md). Keys marked * must be given where their section is. Changes take effect
as "reload" says: at once with \`epode reload\`, or at the next start; so do modules that are
turned on or off.

A *time span* has a unit: \`250ms\`, \`60s\`, \`5m\`, \`2h\`, \`1d\`. A *size* is a number of bytes, or
has one: \`10000\`, \`10 KB\`, \`256 KiB\`, \`4 MiB\`. A *secret* may stand elsewhere:
\`file:/run/secrets/name\` or \`env:NAME\`.

Editors complete and check the file by [\`conf/epode.schema.json\`](../conf/epode.schema.json).`;

const COLUMNS = ['key', 'type', 'default', 'reload', 'means'];

/** `docs/config.md` */
export function configPage(): string {
  const { properties = {}, required = [] } = configSchema();
  const { modules, ...sections } = properties;
  return page(
    heading('Configuration reference'),
    INTRODUCTION,
    ...Object.entries(sections).map(([key, schema]) =>
      section(key, schema, required.includes(key)),
    ),
    modulesSection(modules!),
  );
}

function section(key: string, schema: JsonSchema, isRequired: boolean): string {
  const rows = rowsOf(key, schema, isRequired);
  const words = rows.length > 1 || rows[0]?.[0] !== code(key) ? (schema.description ?? '') : '';
  const initial = schema.items ? `Default: ${value(schema.default)}.` : '';
  return page(`## ${key}`, words, table(COLUMNS, rows), initial).trimEnd();
}

function modulesSection({ description = '', properties = {} }: JsonSchema): string {
  const parts = builtinModules.map(({ name, summary, implements: claims }) => {
    const [, own] = properties[name]?.anyOf ?? [];
    const rows = Object.entries(own?.properties ?? {}).flatMap(([key, schema]) =>
      rowsOf(key, schema, own?.required?.includes(key) ?? false, `modules.${name}.${key}`),
    );
    const xeps = claims.length > 0 ? ` ${xepNames(claims)}.` : '';
    const settings = rows.length > 0 ? table(COLUMNS, rows) : '';
    return page(`### ${name}`, summary + xeps, settings).trimEnd();
  });
  const whole = `${description} Each is on unless that is said; \`true\` in a host turns one on again.`;
  return page('## modules', whole, ...parts).trimEnd();
}

/** One for each key that has a value, or is laid over another section. */
function rowsOf(key: string, schema: JsonSchema, isRequired: boolean, path = key): string[][] {
  const below = childrenOf(schema);
  if (below) {
    return Object.entries(below.properties ?? {}).flatMap(([name, child]) =>
      isOverlay(key, name)
        ? [row(`${key}.${name}`, { ...child, type: 'section' }, false, path)]
        : rowsOf(`${key}${below.step}.${name}`, child, below.required.includes(name), path),
    );
  }
  return [row(key, schema, isRequired, path)];
}

const HOST = 'hosts.*';

/** Sections of a host that are told of where they are common. */
function isOverlay(key: string, name: string): boolean {
  return key === HOST && ['signIn', 'accounts', 'modules'].includes(name);
}

function childrenOf(schema: JsonSchema) {
  const { properties, required = [], items, additionalProperties } = schema;
  if (properties) return { properties, required, step: '' };
  if (items?.properties) {
    return { properties: items.properties, required: items.required ?? [], step: '[]' };
  }
  if (typeof additionalProperties !== 'object') return null;
  return { properties: { '*': additionalProperties }, required: [], step: '' };
}

function row(key: string, schema: JsonSchema, isRequired: boolean, path: string): string[] {
  const { type, description = '' } = schema;
  const name = `${code(key)}${isRequired ? ' *' : ''}`;
  const initial = type === 'section' ? '' : value(schema.default);
  return [name, typeOf(schema), initial, isLive(path, key) ? 'at once' : '', description];
}

/** By the path in the file; of a host's own keys by what they are laid over. */
function isLive(path: string, key: string): boolean {
  const [section, module = ''] = path.split('.');
  if (section === 'modules') return !waitsForRestart(builtinModules)(module);
  const own = [path, key].map((each) => each.replace(/^hosts\.\*\./, ''));
  const isAmong = (keys: readonly string[]) =>
    keys.some((known) => own.some((each) => each === known || each.startsWith(`${known}.`)));
  return isAmong(LIVE_KEYS) && !isAmong(FIXED_KEYS);
}

function value(initial: unknown): string {
  if (initial === undefined) return '';
  if (Array.isArray(initial)) {
    return initial.length === 0 ? 'none' : code(`[${initial.map(flow).join(', ')}]`);
  }
  return code(String(initial));
}

function flow(item: unknown): string {
  if (typeof item !== 'object' || item === null) return String(item);
  return `{ ${Object.entries(item)
    .map(([key, each]) => `${key}: ${each}`)
    .join(', ')} }`;
}

function typeOf(schema: JsonSchema): string {
  const { type, items, minimum, maximum } = schema;
  if (schema.$comment) return schema.$comment;
  if (schema.writeOnly) return 'secret';
  if (schema.enum) return schema.enum.map((each) => code(String(each))).join(', ');
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (type === 'array') return `list of ${plural(typeOf(items ?? {}))}`;
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'integer' || type === 'number') return numeric(minimum, maximum);
  return type === 'string' ? 'text' : String(type ?? 'any');
}

function plural(type: string): string {
  return type === 'text' ? 'texts' : type;
}

function numeric(minimum = 0, maximum?: number): string {
  return maximum === undefined ? `number, ${minimum} or more` : `number, ${minimum} to ${maximum}`;
}
