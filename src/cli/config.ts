import { effectiveConfig, writeConfig } from '../server/config/effective.ts';
import { displayPath } from '../server/config/problems.ts';
import type { Report } from './users.ts';

/** Shows what the file means: every default in place, secrets hidden. */
export async function showConfig(configFile: string): Promise<Report> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const data = effectiveConfig(configFile, builtinModules);
  const heading = `# ${displayPath(configFile)}, with every default in place\n`;
  return { text: heading + writeConfig(data).trimEnd(), data };
}
