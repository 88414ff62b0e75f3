import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { BlobRange, BlobStore } from '../../storage/blob-port.ts';
import type { Upload, UploadStore } from '../../storage/upload-port.ts';
import { refuse } from '../../transports/http-answer.ts';
import type { HttpExchange } from '../../transports/http-route.ts';
import { findUpload } from './address.ts';
import { rangeOf, statusOf } from './conditions.ts';
import { etagOf, headersOf } from './presentation.ts';

interface Deps {
  readonly uploads: UploadStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers GET and HEAD: whoever knows the URL gets the file (XEP-0363 §2). */
export class Serving {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async answer(exchange: HttpExchange): Promise<void> {
    const { request, response, path } = exchange;
    const { clock, uploads } = this.#deps;
    const file = await findUpload(uploads, path);
    if (!file || !isThere(file, clock.now())) return notFound(exchange);
    const headers = headersOf(file, clock.now());
    const validators = { etag: etagOf(file), lastModified: headers['Last-Modified']! };
    const status = statusOf(request.headers, validators);
    if (status === 412) return refuse(response, 412);
    response.setHeaders(new Map(Object.entries(headers)));
    if (status === 304) response.writeHead(304).end();
    else if (request.method === 'HEAD') response.setHeader('Content-Length', file.size).end();
    else await this.#send(exchange, file, rangeOf(request.headers, file.size, validators));
  }

  async #send(
    exchange: HttpExchange,
    file: Upload,
    range: BlobRange | 'unsatisfiable' | null,
  ): Promise<void> {
    const { response } = exchange;
    if (range === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${file.size}`);
      refuse(response, 416);
      return;
    }
    const bytes = await this.#deps.blobs.read(file.id, range ?? undefined);
    if (!bytes) {
      this.#deps.log.warn({ file: file.id }, 'an uploaded file is not in the data directory');
      notFound(exchange);
      return;
    }
    const { start, end } = range ?? { start: 0, end: file.size - 1 };
    if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${file.size}`);
    response.setHeader('Content-Length', end - start + 1).writeHead(range ? 206 : 200);
    // Whoever leaves before the end has had enough.
    await pipeline(bytes, response).catch(() => {});
  }
}

function isThere({ deadline, expires }: Upload, now: number): boolean {
  return deadline === null && (expires === null || expires > now);
}

function notFound({ response }: HttpExchange): void {
  for (const name of ['Content-Disposition', 'ETag', 'Last-Modified', 'Accept-Ranges']) {
    response.removeHeader(name);
  }
  response.setHeader('Cache-Control', 'no-store');
  refuse(response, 404);
}
