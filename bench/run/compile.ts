import { join } from 'node:path';
import { runToEnd } from '../rivals/process.ts';
import { GENERATOR_CORE } from './scenario.ts';

const bench = join(import.meta.dirname, '..');
const COMMON = [
  ...['chat/events.c', 'chat/link.c', 'chat/options.c', 'chat/session.c'],
  ...['chat/authentication.c', 'chat/base64.c', 'chat/plain.c', 'chat/websocket.c'],
];

/** Compiles one program into `directory` and returns its path. Sources are named from bench/. */
export async function compile(
  name: string,
  sources: readonly string[],
  directory: string,
  flags: readonly string[] = [],
): Promise<string> {
  const program = join(directory, name);
  const files = sources.map((source) => join(bench, source));
  const warnings = ['-Wall', '-Wextra', '-Werror'];
  const argv = ['cc', '-std=c11', ...warnings, '-O2', '-o', program, ...files, ...flags];
  await runToEnd({ argv }, GENERATOR_CORE, 60_000);
  return program;
}

const MEASURED = ['chat/marker.c', 'chat/histogram.c'];
const CHATTING = ['chat/stanza.c', 'chat/tally.c', ...MEASURED];
const MECHANISMS = ['mechanisms.c', 'salted.c', 'scram.c', 'token.c'].map(
  (file) => `login/${file}`,
);
const RESUMING = [
  ...['resume/client.c', 'presence/tags.c', 'chat/stanza.c'],
  ...MEASURED,
  ...MECHANISMS,
];
const MIXED = [
  ...['mixed/person.c', 'mixed/visitors.c', 'presence/tags.c', 'chat/tally.c'],
  ...MEASURED,
  ...MECHANISMS,
];
/** By libcrypto, with TLS or without. */
const WITH_MECHANISMS: readonly string[] = ['login', 'presence', 'resume', 'mixed'];
/** What each generator has besides. */
const SOURCES = {
  acknowledged: ['acknowledged/generator.c', 'acknowledged/scan.c', ...CHATTING],
  archive: ['archive/generator.c', 'archive/page.c', 'archive/fill.c', ...CHATTING],
  bosh: ['bosh/generator.c', 'bosh/client.c', 'bosh/exchange.c', ...CHATTING],
  chat: ['chat/generator.c', ...CHATTING],
  idle: ['idle/idle.c'],
  login: ['login/generator.c', 'chat/histogram.c', ...MECHANISMS],
  mixed: ['mixed/generator.c', ...MIXED],
  presence: [
    'presence/generator.c',
    'presence/mesh.c',
    'presence/tags.c',
    ...MEASURED,
    ...MECHANISMS,
  ],
  resume: ['resume/generator.c', ...RESUMING],
  reload: ['reload/generator.c', ...MEASURED],
} as const;

export type GeneratorName = keyof typeof SOURCES;

/** Where a generator is, once it has been compiled. */
export function generatorIn(directory: string, name: GeneratorName): string {
  return join(directory, programName(name));
}

const programName = (name: GeneratorName) => `${name}-generator`;

/** Compiles a generator; with TLS, and for SCRAM, it needs OpenSSL's headers (Debian: libssl-dev). */
export function compileGenerator(
  name: GeneratorName,
  directory: string,
  hasTls: boolean,
): Promise<string> {
  const tls = hasTls ? ['-DWITH_TLS', '-lssl'] : [];
  const crypto = hasTls || WITH_MECHANISMS.includes(name) ? ['-lcrypto'] : [];
  return compile(programName(name), [...SOURCES[name], ...COMMON], directory, [...tls, ...crypto]);
}
