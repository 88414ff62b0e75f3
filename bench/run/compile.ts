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

const MEASURED = ['chat/marker.c', 'chat/histogram.c'];
/** What each generator has besides. */
const SOURCES = {
  chat: ['chat/generator.c', ...MEASURED],
  idle: ['idle/idle.c'],
  presence: ['presence/generator.c', 'presence/mesh.c', 'presence/tags.c', ...MEASURED],
} as const;

/** Compiles a generator; with TLS it needs OpenSSL's headers (Debian: libssl-dev). */
export function compileGenerator(
  name: keyof typeof SOURCES,
  directory: string,
  hasTls: boolean,
): Promise<string> {
  const flags = hasTls ? ['-DWITH_TLS', '-lssl', '-lcrypto'] : [];
  return compile(`${name}-generator`, [...SOURCES[name], ...COMMON], directory, flags);
}
