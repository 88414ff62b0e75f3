import type { ZodType } from 'zod';
import { formatPath } from './issues.ts';
import { isSection, type RawSection } from './raw.ts';
import type { KeyPath } from './schema-walk.ts';
import { noSettings, type SectionReader, type WrittenSection } from './sections.ts';
import { suggestionHint } from './suggest.ts';

/** What the configuration needs to know of a module. */
export interface ConfigurableModule {
  readonly name: string;
  readonly config?: ZodType;
}

/**
 * The modules' sections of one host: each checked, or false where it is off.
 * A host's `false` turns a module off there, `true` or a section on again.
 */
export function readModules(
  reader: SectionReader,
  modules: readonly ConfigurableModule[] | 'unchecked',
  common: WrittenSection,
  own: WrittenSection,
): Map<string, unknown | false> {
  if (modules === 'unchecked') return new Map();
  refuseUnknown(reader, modules, common);
  refuseUnknown(reader, modules, own);
  return new Map(modules.map((module) => [module.name, readModule(reader, module, common, own)]));
}

function readModule(
  reader: SectionReader,
  { name, config = noSettings }: ConfigurableModule,
  common: WrittenSection,
  own: WrittenSection,
): unknown | false {
  const commonValue = written(reader, common, name);
  const ownValue = written(reader, own, name);
  if ((ownValue ?? commonValue) === false) return false;
  return reader.read(
    config,
    { path: [...common.path, name], value: commonValue || {} },
    { path: [...own.path, name], value: ownValue || {} },
  );
}

// Undefined where the file says nothing; `true` and an empty section mean the defaults.
function written(
  reader: SectionReader,
  { path, value: sections }: WrittenSection,
  name: string,
): RawSection | false | undefined {
  const value = Object.hasOwn(sections, name) ? sections[name] : undefined;
  if (value === null || value === true) return {};
  if (value === undefined || value === false || isSection(value)) return value;
  reader.problems.push(notASection(reader, [...path, name], value));
  return {};
}

function notASection(reader: SectionReader, path: KeyPath, value: unknown) {
  const isOff = typeof value === 'string' && /^(no|off|disabled?)$/i.test(value);
  const message = `${formatPath(path)} must be a section, or false to turn the module off`;
  return reader.document.atValue(path, message, isOff ? 'write false' : '');
}

function refuseUnknown(
  reader: SectionReader,
  modules: readonly ConfigurableModule[],
  { path, value }: WrittenSection,
): void {
  const known = modules.map((module) => module.name);
  for (const name of Object.keys(value).filter((key) => !known.includes(key))) {
    const hint = suggestionHint(name, known);
    reader.problems.push(reader.document.atKey([...path, name], `unknown module "${name}"`, hint));
  }
}
