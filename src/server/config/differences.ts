import { isDeepStrictEqual } from 'node:util';
import { FIXED_KEYS, type Waits } from './changes.ts';
import { effectiveOf, hideSecret } from './effective.ts';
import { formatPath } from './issues.ts';
import type { ConfigurableModule } from './modules.ts';
import { isSection, type RawSection } from './raw.ts';

/** One key that would change, as an operator writes it. */
export interface KeyChange {
  /** `hosts."example.org".signIn.maxAttempts` */
  readonly key: string;
  /** Null where it was not there. A secret is hidden. */
  readonly from: string | null;
  /** Null where it is there no more. */
  readonly to: string | null;
  readonly effect: 'live' | 'restart';
}

interface Value {
  readonly path: readonly string[];
  /** Secrets included. */
  readonly value: unknown;
  readonly shown: string;
}

/** Every key of a configuration with its value, defaults included. */
export type ConfigValues = ReadonlyMap<string, Value>;

/** Those of the text of a configuration file that was found sound. */
export function valuesOf(
  file: string,
  text: string,
  modules: readonly ConfigurableModule[],
): ConfigValues {
  const leaves = leavesOf(effectiveOf(file, text, modules, (value) => value));
  const hidden = leavesOf(effectiveOf(file, text, modules, hideSecret));
  const shown = new Map(hidden.map(([path, value]) => [formatPath(path), write(value)]));
  return new Map(
    leaves.map(([path, value]) => {
      const key = formatPath(path);
      return [key, { path, value, shown: shown.get(key)! }];
    }),
  );
}

/** What `next` would change of what is at work, in the order of its keys. */
export function differences(at: ConfigValues, next: ConfigValues, waits: Waits): KeyChange[] {
  const keys = [...new Set([...next.keys(), ...at.keys()])];
  return keys
    .filter((key) => !isDeepStrictEqual(at.get(key)?.value, next.get(key)?.value))
    .map((key) => {
      const [from, to] = [at.get(key), next.get(key)];
      const isNow = isLive(from, to, waits) && isKept((to ?? from)!, at, next);
      const effect = isNow ? 'live' : 'restart';
      return { key, from: from?.shown ?? null, to: to?.shown ?? null, effect };
    });
}

/** What is at work once `next` was taken without a restart. */
export function withLiveValues(at: ConfigValues, next: ConfigValues, waits: Waits): ConfigValues {
  const values = new Map(at);
  for (const { key, effect } of differences(at, next, waits)) {
    const value = next.get(key);
    if (effect === 'restart') continue;
    if (value) values.set(key, value);
    else values.delete(key);
  }
  return values;
}

function isLive(from: Value | undefined, to: Value | undefined, waits: Waits): boolean {
  const { path } = (to ?? from)!;
  const [section, name, part, module = ''] = path;
  // A module's name alone says that it is on or off.
  if (section === 'hosts' && part === 'modules') return path.length > 4 && !waits(module);
  if (section === 'hosts') return part !== undefined && !isFixed(path.slice(2).join('.'));
  if (section === 'components') return true;
  return section === 'limits' || section === 'tls' || (section === 'log' && name === 'level');
}

/** By the same list as a reload. */
function isFixed(key: string): boolean {
  return FIXED_KEYS.some((fixed) => key === fixed || key.startsWith(`${fixed}.`));
}

/** Hosts and modules that come or go do so whole, and with a restart. */
function isKept({ path }: Value, at: ConfigValues, next: ConfigValues): boolean {
  if (path[0] !== 'hosts') return true;
  const whole = path[2] === 'modules' ? path.slice(0, 4) : [...path.slice(0, 2), 'signIn'];
  return hasBelow(at, whole) && hasBelow(next, whole);
}

function hasBelow(values: ConfigValues, whole: readonly string[]): boolean {
  const isBelow = ({ path }: Value) =>
    path.length > whole.length && whole.every((name, index) => path[index] === name);
  return [...values.values()].some(isBelow);
}

type Leaf = readonly [path: readonly string[], value: unknown];

function leavesOf(section: RawSection, path: readonly string[] = []): Leaf[] {
  return Object.entries(section).flatMap(([key, value]) => {
    const here = [...path, key];
    const isInner = isSection(value) && Object.keys(value).length > 0;
    return isInner ? leavesOf(value, here) : [[here, value] as const];
  });
}

function write(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
