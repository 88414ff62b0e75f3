import { stringify } from 'yaml';
import type { ZodType } from 'zod';
import { ConfigDocument } from './document.ts';
import { parseConfig, readText } from './load.ts';
import type { ConfigurableModule } from './modules.ts';
import { fillEmptySections, isSection, overlay, type RawSection } from './raw.ts';
import { accountsSchema, fileSchema, signInSchema } from './schema.ts';
import { fillDefaults } from './schema-walk.ts';
import { isSecret } from './secret.ts';
import { noSettings } from './sections.ts';

const HIDDEN = '(hidden)';
/** What each host has of its own once the common sections are laid under it. */
const COMMON = ['signIn', 'accounts', 'modules'];

/**
 * The configuration with every default in place, as one could write it; each host with
 * its own rules. A secret is hidden unless the file only says where it stands.
 * @throws {ConfigError} with every problem of the file.
 */
export function effectiveConfig(file: string, modules: readonly ConfigurableModule[]): RawSection {
  const text = readText(file);
  parseConfig(file, text, modules);
  return effectiveOf(file, text, modules, hideSecret);
}

/** What becomes of each value as it is shown. */
type Show = (value: unknown, schema: ZodType) => unknown;

/** As `effectiveConfig`, of a text that was found sound; `show` sees each value. */
export function effectiveOf(
  file: string,
  text: string,
  modules: readonly ConfigurableModule[],
  show: Show,
): RawSection {
  const raw = fillEmptySections(new ConfigDocument(file, text).value, fileSchema) as RawSection;
  const whole = filled(fileSchema, raw, show);
  const hosts = Object.entries(sectionOf(raw, 'hosts')).map(
    ([domain, own]) =>
      [domain, effectiveHost(raw, isSection(own) ? own : {}, modules, show)] as const,
  );
  const rest = Object.entries(whole).filter(([key]) => !COMMON.includes(key));
  return { ...Object.fromEntries(rest), hosts: Object.fromEntries(hosts) };
}

/** As YAML, which may be used as a configuration file where no secret is hidden. */
export function writeConfig(config: RawSection): string {
  return stringify(config);
}

function effectiveHost(
  file: RawSection,
  own: RawSection,
  modules: readonly ConfigurableModule[],
  show: Show,
): RawSection {
  const merged = (name: string) => overlay(sectionOf(file, name), sectionOf(own, name));
  return {
    ...(own.certificate !== undefined && { certificate: own.certificate }),
    signIn: filled(signInSchema, merged('signIn'), show),
    accounts: filled(accountsSchema, merged('accounts'), show),
    modules: Object.fromEntries(
      modules.map((module) => [module.name, effectiveModule(module, file, own, show)]),
    ),
  };
}

function effectiveModule(
  { name, config = noSettings }: ConfigurableModule,
  file: RawSection,
  own: RawSection,
  show: Show,
): RawSection | boolean {
  const [common, mine] = [sectionOf(file, 'modules')[name], sectionOf(own, 'modules')[name]];
  if ((mine ?? common) === false) return false;
  const section = overlay(isSection(common) ? common : {}, isSection(mine) ? mine : {});
  const values = filled(config, fillEmptySections(section, config) as RawSection, show);
  return Object.keys(values).length > 0 ? values : true;
}

function filled(schema: ZodType, value: RawSection, show: Show): RawSection {
  return fillDefaults(schema, value, show) as RawSection;
}

/** A secret is hidden, unless the value only says where it stands. */
export function hideSecret(value: unknown, schema: ZodType): unknown {
  const isLiteral = typeof value === 'string' && !/^(file|env):/.test(value);
  return isSecret(schema) && isLiteral ? HIDDEN : value;
}

function sectionOf(parent: RawSection, key: string): RawSection {
  const value = parent[key];
  return isSection(value) ? value : {};
}
