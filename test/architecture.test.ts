import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builtinModules } from '../src/builtin-modules.ts';

/**
 * The layers, from the bottom: imports go down or sideways, never up. Each is a
 * folder of `src/`, or a file in it.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['xml', 'lib'],
  ['xmpp'],
  ['stream'],
  ['storage', 'cluster', 'sources'],
  ['transports'],
  ['server', 'web'],
  ['modules'],
  ['cli', 'main.ts', 'builtin-modules.ts'],
];

/** Who may import what at run time; types may be named anywhere. */
const WALLS: readonly { readonly what: RegExp; readonly only: string }[] = [
  { what: /^node:(net|tls|https?|http2|dgram)$/, only: 'src/transports/' },
  { what: /^better-sqlite3$/, only: 'src/storage/sqlite/' },
  { what: /^werift-ice$/, only: 'src/transports/' },
  { what: /^commander$/, only: 'src/cli/' },
  { what: /^(jose|ldapts)$/, only: 'src/sources/' },
];

const MAX_LINES = 400;

interface Import {
  /** A path such as `src/lib/maybe.ts`, or the name of a package. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const ROOT = join(import.meta.dirname, '..');
const IMPORT = /^(import|export)\s+(type\s+)?([^;'"]*?\sfrom\s+)?['"]([^'"]+)['"];?/gm;

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const imports = [...text.matchAll(IMPORT)].map(([, , type, names = '', target]) => ({
    target: target!.startsWith('.') ? normalize(join(dirname(path), target!)) : target!,
    isTypeOnly: type !== undefined || namesTypesOnly(names),
  }));
  return { path, text, imports };
}

/** Whether every name in the braces is marked as a type. */
function namesTypesOnly(names: string): boolean {
  const inBraces = /^\{([^}]*)\}/.exec(names.trim())?.[1];
  const list = inBraces?.split(',').filter((name) => name.trim() !== '') ?? [];
  return list.length > 0 && list.every((name) => name.trim().startsWith('type '));
}

const sources = globSync('src/**/*.ts', { cwd: ROOT })
  .map((path) => path.split(sep).join('/'))
  .filter((path) => !path.endsWith('.d.ts'))
  .sort()
  .map(readSource);
const written = sources.filter(({ path }) => !path.endsWith('.generated.ts'));

const testFiles = globSync('test/**/*.ts', { cwd: ROOT })
  .map((path) => path.split(sep).join('/'))
  .map(readSource);

/** What each file loads at run time, workers included. */
const loads = new Map(
  [...sources, ...testFiles].map(({ path, text, imports }) => {
    const later = [...text.matchAll(/\b(?:import|startWorker)\('(\.[^']+)'/g)].map(([, name]) =>
      normalize(join(dirname(path), name!.replace(/(\.ts)?$/, '.ts'))),
    );
    const imported = imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ target }) => target);
    return [path, [...imported, ...later]];
  }),
);
// The tests of commands start the program in a process of its own.
loads.get('test/cli/installation.ts')?.push('src/cli/main.ts');
const reached = new Map<string, ReadonlySet<string>>();

function layerOf(path: string): number {
  const folder = path.split('/')[1]!;
  return LAYERS.findIndex((names) => names.includes(folder));
}

function isIn(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => path.startsWith(`src/${folder}/`));
}

describe('layers', () => {
  test('every file belongs to one', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.filter(({ path }) => layerOf(path) < 0).map(({ path }) => path)).toEqual([]);
  });

  test('imports go down or sideways', () => {
    const upwards = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('src/') && layerOf(target) > layerOf(path))
        .map(({ target }) => `${path} -> ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test('imports that run make no circle', () => {
    expect(findCircles()).toEqual([]);
  });

  test('server and modules see storage, cluster and sources through their ports', () => {
    const behind = sources
      .filter(({ path }) => isIn(['server', 'modules'], path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => isIn(['storage', 'cluster', 'sources'], target))
          .filter(({ target }) => !/^(ports|[a-z]+(-[a-z]+)*-port)\.ts$/.test(basename(target)))
          .map(({ target }) => `${path} -> ${target}`),
      );
    expect(behind).toEqual([]);
  });

  test.each(WALLS)('only $only imports $what', ({ what, only }) => {
    const importers = sources.filter(({ imports }) =>
      imports.some(({ target, isTypeOnly }) => !isTypeOnly && what.test(target)),
    );
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.map(({ path }) => path).filter((path) => !path.startsWith(only))).toEqual([]);
  });

  test('of the server, only sessions write to their peers', () => {
    const writers = sources
      .filter(({ path }) => isIn(['server', 'modules'], path))
      .filter(({ text }) => /\.(sendParts|send)\(.*\.(head\(|rest)/.test(text))
      .map(({ path }) => path);
    expect(writers).toEqual(['src/server/component-session.ts', 'src/server/session.ts']);
  });
});

/** Circles among files whose imports are there at run time, as `a -> b -> a`. */
function findCircles(): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path))
      circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (done.has(path) || trail.includes(path)) return;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      if (!isTypeOnly) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return circles;
}

describe('files', () => {
  test(`have at most ${MAX_LINES} lines`, () => {
    const long = written.filter(({ text }) => text.split('\n').length > MAX_LINES + 1);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('leave nothing for later', () => {
    const marked = written.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text));
    expect(marked.map(({ path }) => path)).toEqual([]);
  });

  test('are named in kebab-case, for what they are about', () => {
    const badlyNamed = globSync('{src,test}/**/*.ts', { cwd: ROOT }).filter((path) => {
      const parts = path.split(sep);
      const isVague = parts.some((part) => /^(utils?|helpers?|common|misc)(\.ts)?$/.test(part));
      return isVague || !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d|generated))?\.ts$/.test(basename(path));
    });
    expect(badlyNamed).toEqual([]);
  });

  test('import by name with a suffix, and re-export nothing wholesale', () => {
    const vague = sources.flatMap(({ path, text, imports }) => [
      ...(/^export \* from/m.test(text) ? [`${path} exports all of another file`] : []),
      ...imports
        .filter(({ target }) => target.startsWith('src/') && !target.endsWith('.ts'))
        .map(({ target }) => `${path} -> ${target}`),
    ]);
    expect(vague).toEqual([]);
  });
});

describe('tests', () => {
  // Loading a file is not testing it, but nothing is tested that is not even loaded.
  test('of its own folder, conversations, or commands reach every file that runs', () => {
    const everywhere = [reachFrom('test/conversations/'), reachFrom('test/cli/')];
    const unreached = written
      .filter(({ text }) => runs(text))
      .map(({ path }) => path)
      .filter(
        (path) => ![reachFrom(testFolderOf(path)), ...everywhere].some((set) => set.has(path)),
      );
    expect(unreached).toEqual([]);
  });

  test('in conversations name every standard that a module claims', () => {
    const titles = testFiles
      .filter(({ path }) => path.startsWith('test/conversations/'))
      .map(({ text }) => text)
      .join('\n');
    const claims = builtinModules.flatMap((module) =>
      module.implements.map(({ xep }) => `XEP-${String(xep).padStart(4, '0')}`),
    );
    expect(claims.length).toBeGreaterThan(5);
    expect(claims.filter((claim) => !titles.includes(`[${claim} `))).toEqual([]);
  });
});

/** `test/xml/` for what stands in `src/xml/`, or below it. */
function testFolderOf(path: string): string {
  const [, folder] = path.split('/');
  return `test/${folder}/`;
}

/** All that the tests of a folder load, directly or not. */
function reachFrom(folder: string): ReadonlySet<string> {
  const known = reached.get(folder);
  if (known) return known;
  const found = new Set<string>();
  const waiting = testFiles.map(({ path }) => path).filter((path) => path.startsWith(folder));
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    waiting.push(...(loads.get(path) ?? []));
  }
  reached.set(folder, found);
  return found;
}

/** Whether anything is left to execute once the types are gone. */
function runs(text: string): boolean {
  return /\bfunction\b|\bclass\b|=>/.test(stripTypeScriptTypes(text));
}
