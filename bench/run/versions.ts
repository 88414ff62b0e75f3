import { execFileSync } from 'node:child_process';
import { release } from 'node:os';

function outputOf(program: string, ...args: readonly string[]): string | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const cwd = import.meta.dirname;
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: [...stdio] }).trim();
  } catch {
    return null;
  }
}

/** dpkg's own placeholder, not this language's. */
const VERSION_FIELD = '$' + '{Version}';

const packageVersion = (name: string) => outputOf('dpkg-query', '-W', '-f', VERSION_FIELD, name);

/** What took part; null where it cannot be told. */
export function versions(): Readonly<Record<string, string | null>> {
  return {
    epode: outputOf('git', 'describe', '--always', '--dirty'),
    prosody: packageVersion('prosody'),
    ejabberd: packageVersion('ejabberd'),
    node: process.version,
    kernel: release(),
  };
}
