import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../interop/support/process.ts';

const VERSION = '14.0.0';
/** Of the package's archive, as npm writes it (SHA-512). */
const INTEGRITY =
  'sha512-LFUg030jDalV47vI/vyVPqYPZfJYXFbubq8v0cFDe2zXNeeGEk3Up0Fj/WTzT6t+6do+cAIToy73eAj7RNDj2Q==';
const FETCH_MS = 240_000;
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/converse', import.meta.url));
const ARCHIVE = join(CACHE, `converse.js-${VERSION}.tgz`);

/**
 * Has the package there once for all runs. It is no dependency: its own would bring a hundred
 * megabytes, of which the built files need none.
 */
export async function fetchConverse(): Promise<void> {
  if (await isThere()) return;
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'fetch-'));
  const pack = ['pack', `converse.js@${VERSION}`, '--silent', '--pack-destination', folder];
  await run('npm', pack, { limitMs: FETCH_MS });
  await rename(join(folder, `converse.js-${VERSION}.tgz`), ARCHIVE);
  await rm(folder, { recursive: true });
  if (!(await isThere())) throw new Error(`converse.js ${VERSION} is not the one that is expected`);
}

/** Whether it is, and has the bytes that it should. */
async function isThere(): Promise<boolean> {
  const bytes = await readFile(ARCHIVE).catch(() => undefined);
  if (bytes === undefined) return false;
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}` === INTEGRITY;
}

/** Puts into `folder` a page of Converse.js, set up by `settings`, with what it loads. */
export async function makeConversePage(folder: string, settings: object): Promise<void> {
  await run('tar', ['-xzf', ARCHIVE, '-C', folder, '--strip-components=1', 'package/dist']);
  await writeFile(join(folder, 'index.html'), PAGE);
  const start = `import converse from './dist/converse.min.js';
converse.initialize(${JSON.stringify(settings, null, 2)});
`;
  await writeFile(join(folder, 'start.js'), start);
}

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A site with Converse.js</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="dist/converse.min.css">
<script type="module" src="start.js"></script>
<body class="converse-fullscreen"></body>
</html>
`;
