import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { displayPath } from '../server/config/problems.ts';
import { CliError } from './failure.ts';

const HERE = ['epode.yaml', 'conf/epode.yaml'];
const SHIPPED = fileURLToPath(new URL('../../conf/epode.yaml', import.meta.url));

/**
 * The configuration file of this call: `--config`, `EPODE_CONFIG`, one in the
 * working directory, or, in a checkout, the one beside this program.
 * @throws {CliError} when there is none.
 */
export function findConfigFile(option: string | undefined): string {
  const named = option ?? process.env.EPODE_CONFIG;
  if (named) return resolve(named);
  const here = HERE.map((name) => resolve(name)).find(existsSync);
  if (here) return here;
  // An update replaces an installed package, and would take data beside its file along.
  const isInstalled = SHIPPED.includes(`${sep}node_modules${sep}`);
  if (!isInstalled && existsSync(SHIPPED)) return SHIPPED;
  throw new CliError(
    'There is no configuration file: neither ./epode.yaml nor ./conf/epode.yaml, and no --config.',
    `Begin with: mkdir -p conf && cp ${displayPath(SHIPPED)} conf/`,
  );
}

/** How to call this program from here, `--config` included where this call needed it. */
export function callAgain(command: string, option: string | undefined): string {
  const program = displayPath(process.argv[1] ?? 'epode');
  const name = program === `bin${sep}epode` ? program : 'epode';
  return `${name} ${command}${option === undefined ? '' : ` --config ${option}`}`;
}
