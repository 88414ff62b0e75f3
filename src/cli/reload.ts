import type { ReloadFacts } from '../server/admin/ports.ts';
import { loadConfig } from '../server/config/load.ts';
import { displayPath } from '../server/config/problems.ts';
import { runInServer } from './admin.ts';
import type { Report } from './users.ts';

/**
 * Makes the running server take its configuration anew.
 * @throws {ConfigError} with every problem of the file, before the server is asked.
 */
export async function reload(configFile: string): Promise<Report> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const config = loadConfig(configFile, builtinModules);
  const data = await runInServer<ReloadFacts>(config, 'reload', {});
  return { text: describe(data), data };
}

function describe({ file, live, needsRestart, warnings }: ReloadFacts): string {
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `Reloaded ${displayPath(file)}.`,
    `Changed: ${live.join(', ') || 'nothing'}.`,
    ...(needsRestart.length > 0 ? [`Needs a restart: ${needsRestart.join(', ')}.`] : []),
  ].join('\n');
}
