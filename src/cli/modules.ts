import { loadConfig } from '../server/config/load.ts';
import type { ModuleDefinition, XepClaim } from '../server/module.ts';
import { table } from './text.ts';
import type { Report } from './users.ts';

interface ModuleReport {
  readonly name: string;
  readonly summary: string;
  readonly implements: readonly XepClaim[];
  /** Whether it is on, by host. */
  readonly hosts: Readonly<Record<string, boolean>>;
}

/** Lists what the server could do, and what of it the file has turned on. */
export async function listModules(configFile: string): Promise<Report> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const { hosts } = loadConfig(configFile, builtinModules);
  const data = builtinModules.map((module) => reportOn(module, hosts));
  const rows = data.map((each) => [each.name, stateOf(each), xepsOf(each), each.summary]);
  return { text: table(['MODULE', 'IS', 'XEPS', 'WHAT IT DOES'], rows), data };
}

function reportOn(
  { name, summary, implements: claims }: ModuleDefinition,
  hosts: readonly { domain: string; modules: ReadonlyMap<string, unknown> }[],
): ModuleReport {
  const states = hosts.map(({ domain, modules }) => [domain, modules.get(name) !== false] as const);
  return { name, summary, implements: claims, hosts: Object.fromEntries(states) };
}

/** `on`, `off`, or where it is on. */
function stateOf({ hosts }: ModuleReport): string {
  const all = Object.entries(hosts);
  const on = all.filter(([, isOn]) => isOn).map(([domain]) => domain);
  if (on.length === all.length) return 'on';
  return on.length === 0 ? 'off' : `on at ${on.join(', ')}`;
}

/** `0030, 0128*`, the star for one that is partial. */
function xepsOf({ implements: claims }: ModuleReport): string {
  return claims
    .map(({ xep, status }) => String(xep).padStart(4, '0') + (status === 'partial' ? '*' : ''))
    .join(', ');
}
