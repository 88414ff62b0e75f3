import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';

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

function systemName(): string {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return name ?? process.platform;
  } catch {
    return process.platform;
  }
}

/** What they ran on. */
export function machine() {
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  return { cpu, cores: cpus().length, memoryGib, arch: arch(), system: systemName() };
}

export type Machine = ReturnType<typeof machine>;
