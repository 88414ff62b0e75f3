import type { ReloadFacts } from '../server/admin/ports.ts';
import { loadConfig } from '../server/config/load.ts';
import { displayPath } from '../server/config/problems.ts';
import { runInServer } from './admin.ts';
import { checkInstallation } from './check.ts';
import type { Report } from './users.ts';

/**
 * Makes the running server take its configuration anew.
 * @throws {ConfigError} with every problem of the file, before the server is asked.
 */
export async function reload(configFile: string): Promise<Report> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const config = loadConfig(configFile, builtinModules);
  const data = await runInServer<ReloadFacts>(config, 'reload', {});
  const obstacles =
    data.needsRestart.length > 0 ? checkInstallation(configFile, builtinModules).problems : [];
  return { text: describe(data, obstacles), data: { ...data, obstacles } };
}

/** `obstacles` are what would keep the server from starting again. */
function describe(
  { file, live, needsRestart, warnings }: ReloadFacts,
  obstacles: readonly string[],
): string {
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `Reloaded ${displayPath(file)}.`,
    `Changed: ${live.join(', ') || 'nothing'}.`,
    ...(needsRestart.length > 0 ? [`Needs a restart: ${needsRestart.join(', ')}.`] : []),
    ...obstacles.map((each) => `warning: a restart would fail: ${each}`),
  ].join('\n');
}
