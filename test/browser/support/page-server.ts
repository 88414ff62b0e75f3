import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { LOOPBACK } from '../../interop/support/ports.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Somebody's own web site: another origin than the server's. */
export type PageServer = {
  /** With a slash at the end. */
  readonly url: string;
  stop(): void;
};

/** Serves the files of `folder` under a content security policy. */
export async function servePages(folder: string, policy: string): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    const file = createReadStream(join(folder, normalize(path)));
    file.once('open', () => {
      response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
      file.pipe(response);
    });
    file.once('error', () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${LOOPBACK}:${port}/`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
