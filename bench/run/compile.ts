import { join } from 'node:path';
import { runToEnd } from '../rivals/process.ts';

const bench = join(import.meta.dirname, '..');
const COMMON = ['chat/events.c', 'chat/link.c', 'chat/options.c', 'chat/session.c'];

/** Compiles one program into `directory` and returns its path. Sources are named from bench/. */
export async function compile(
  name: string,
  sources: readonly string[],
  directory: string,
  flags: readonly string[] = [],
): Promise<string> {
  const program = join(directory, name);
  const files = sources.map((source) => join(bench, source));
  const argv = ['cc', '-std=c11', '-Wall', '-Wextra', '-O2', '-o', program, ...files, ...flags];
  await runToEnd({ argv }, 1, 60_000);
  return program;
}

/** Compiles a generator; with TLS it needs OpenSSL's headers (Debian: libssl-dev). */
export function compileGenerator(
  name: 'chat' | 'idle',
  directory: string,
  hasTls: boolean,
): Promise<string> {
  const own =
    name === 'chat' ? ['chat/generator.c', 'chat/marker.c', 'chat/histogram.c'] : ['idle/idle.c'];
  const flags = hasTls ? ['-DWITH_TLS', '-lssl', '-lcrypto'] : [];
  return compile(`${name}-generator`, [...own, ...COMMON], directory, flags);
}
