import type { ModuleDefinition } from './module.ts';

/**
 * Modules so that each comes behind those that it names in `after` and those
 * that provide what it needs; otherwise by name, so that the order is the same
 * everywhere. Throws an `Error` that names the modules at fault.
 */
export function orderModules(modules: readonly ModuleDefinition[]): ModuleDefinition[] {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const ordered = new Set<ModuleDefinition>();
  const visit = (module: ModuleDefinition, trail: readonly ModuleDefinition[]): void => {
    if (ordered.has(module)) return;
    if (trail.includes(module)) throw circle([...trail, module]);
    for (const earlier of predecessors(module, byName)) visit(earlier, [...trail, module]);
    ordered.add(module);
  };
  for (const module of [...modules].sort(compareNames)) visit(module, []);
  return [...ordered];
}

/** The module of that name, and all that use its services, directly or not. */
export function withDependents(
  name: string,
  modules: readonly ModuleDefinition[],
): ReadonlySet<ModuleDefinition> {
  const found = new Set(modules.filter((module) => module.name === name));
  for (const { provides } of found) {
    for (const module of modules) {
      if (module.needs.some((token) => provides.includes(token))) found.add(module);
    }
  }
  return found;
}

/** Whether a module's settings wait for a restart, since it or one that uses it wants that. */
export function waitsForRestart(modules: readonly ModuleDefinition[]): (name: string) => boolean {
  const names = modules
    .filter(({ name }) =>
      [...withDependents(name, modules)].some(({ reload }) => reload === 'restart'),
    )
    .map(({ name }) => name);
  return (name) => names.includes(name);
}

function predecessors(
  module: ModuleDefinition,
  byName: ReadonlyMap<string, ModuleDefinition>,
): ModuleDefinition[] {
  const providers = module.needs.map((token) => {
    const provider = [...byName.values()].find((other) => other.provides.includes(token));
    if (provider) return provider;
    throw new Error(`module ${module.name} needs ${token.name}, which no module here provides`);
  });
  const named = module.after.flatMap((name) => byName.get(name) ?? []);
  return [...new Set([...providers, ...named])].sort(compareNames);
}

function compareNames(a: ModuleDefinition, b: ModuleDefinition): number {
  return a.name < b.name ? -1 : 1;
}

function circle(trail: readonly ModuleDefinition[]): Error {
  const names = trail.map((module) => module.name).join(' -> ');
  return new Error(`modules wait for each other: ${names}`);
}
