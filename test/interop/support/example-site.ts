import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, LOOPBACK, untilListening } from './ports.ts';
import { type Running, start } from './process.ts';

export const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
const STROPHE = new URL('../../../node_modules/strophe.js/dist/strophe.esm.js', import.meta.url);

/** A web site that has the examples of `docs/embedding.md`. */
export type ExampleSite = {
  /** With a slash at the end. */
  readonly url: string;
  readonly running: Running;
};

/**
 * Serves a copy of the examples, as the guide says, for a server whose HTTP is on `serverPort`;
 * `env` is what the site is told.
 */
export async function startExampleSite(
  folder: string,
  serverPort: number,
  env: Readonly<Record<string, string>> = {},
): Promise<ExampleSite> {
  await cp(EXAMPLES, folder, { recursive: true });
  await cp(STROPHE, join(folder, 'strophe', 'strophe.esm.js'));
  for (const name of await readdir(folder, { recursive: true })) {
    if (!/\.(html|php)$/.test(name)) continue;
    const file = join(folder, name);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replaceAll('localhost:5280', `localhost:${serverPort}`));
  }
  const port = await freePort();
  const running = start('/usr/bin/php', ['-S', `${LOOPBACK}:${port}`, '-t', folder], { env });
  await untilListening(running, port);
  return { url: `http://localhost:${port}/`, running };
}
