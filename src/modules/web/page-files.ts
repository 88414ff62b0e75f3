import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** One file of the web client, as it is served. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** The same in gzip; null where that is no smaller. */
  readonly packed: Buffer | null;
  /** Tells its content from any other (RFC 9110 §8.8.3). */
  readonly tag: string;
  /** Whether its name changes with its content, so that it may be kept for ever. */
  readonly isForever: boolean;
}

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Where the build puts what has a hash in its name. */
const HASHED = 'assets/';
const LEVEL = 9;
const pack = promisify(gzip);

/** The files of a built page, by their paths below it; read once, when the first is asked for. */
export class PageFiles {
  readonly #directory: string;
  #files: Promise<ReadonlyMap<string, PageFile>> | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** `assets/index-BM6jM9.js`; null for what is none. Rejects where the page was not built. */
  async find(path: string): Promise<PageFile | null> {
    this.#files ??= this.#load();
    return (await this.#files).get(path) ?? null;
  }

  async #load(): Promise<ReadonlyMap<string, PageFile>> {
    const entries = await readdir(this.#directory, { recursive: true, withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && TYPES.has(extname(entry.name)))
      .map(({ parentPath, name }) => join(parentPath, name).slice(this.#directory.length + 1));
    const files = await Promise.all(
      names.map(async (name) => [name.replaceAll('\\', '/'), await this.#read(name)] as const),
    );
    return new Map(files);
  }

  async #read(name: string): Promise<PageFile> {
    const bytes = await readFile(join(this.#directory, name));
    const packed = await pack(bytes, { level: LEVEL });
    return {
      type: TYPES.get(extname(name))!,
      bytes,
      packed: packed.length < bytes.length ? packed : null,
      tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      isForever: name.replaceAll('\\', '/').startsWith(HASHED),
    };
  }
}
