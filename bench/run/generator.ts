import { createInterface } from 'node:readline';
import { start, stop } from '../rivals/process.ts';
import type { Place } from '../rivals/server.ts';
import { GENERATOR_CORE } from './scenario.ts';

/** A line of a generator: `event` and what belongs to it. */
export type GeneratorEvent = { readonly event: string } & Readonly<Record<string, number | string>>;

/** Local addresses to connect from: one has some 28,000 ports, and closed connections keep theirs. */
export const SOURCES = 20;

const ARGUMENTS_OF = { tcp: [], websocket: ['--websocket'], bosh: [] } as const;

/** The arguments every generator takes. */
export function commonArguments({ port, webPort, transport, accounts, tls }: Place): string[] {
  const { domain, prefix, password } = accounts;
  const account = ['--domain', domain, '--prefix', prefix, '--password', password];
  const reached = transport === 'tcp' ? port : webPort;
  const more = [...(tls === null ? [] : ['--tls']), ...ARGUMENTS_OF[transport]];
  return ['--port', String(reached), ...account, ...more];
}

/** Arguments by their names. */
export function flags(values: Readonly<Record<string, number | string>>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

/**
 * Runs a generator and hands over its events, each at the moment it comes or when the one before is
 * dealt with, until `handle` returns true; the generator is then ended. It ends itself after `deadline` seconds.
 * @throws {Error} what the generator complained of, or that it ended early.
 */
export async function drive(
  program: string,
  args: readonly string[],
  deadline: number,
  handle: (event: GeneratorEvent) => boolean | Promise<boolean>,
): Promise<void> {
  const argv = [program, ...args, '--deadline', String(Math.ceil(deadline))];
  const child = start({ argv }, GENERATOR_CORE, 'pipe');
  let complaint = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      const event = JSON.parse(line) as GeneratorEvent;
      if (event.event === 'error') throw new Error(String(event.why));
      if (await handle(event)) return;
    }
    throw new Error(complaint || 'the generator ended early');
  } finally {
    await stop(child);
  }
}
