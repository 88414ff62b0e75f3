import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Traffic } from '../../server/traffic.ts';
import type { BlobKey, BlobStore } from '../../storage/blob-port.ts';
import { StorageError } from '../../storage/ports.ts';
import type { Upload, UploadStore } from '../../storage/upload-port.ts';
import { refuse } from '../../transports/http-answer.ts';
import type { HttpExchange } from '../../transports/http-route.ts';
import { findUpload } from './address.ts';
import { readMediaType } from './media-type.ts';
import type { Signer } from './signer.ts';

/** Milliseconds in which at least so many bytes have to come; some phones are slow. */
const PATIENCE = 60_000;
const MIN_BYTES = 65_536;
const LENGTH = /^\d{1,15}$/;

interface Deps {
  readonly uploads: UploadStore;
  readonly blobs: BlobStore;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  readonly traffic: Traffic;
  /** Slots whose files are coming just now. */
  readonly underWay: Set<BlobKey>;
}

/** Answers PUT: takes the file that a slot was given for, and none other (XEP-0363 §7). */
export class Receiving {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async answer({ request, response, path, query }: HttpExchange): Promise<void> {
    const slot = await findUpload(this.#deps.uploads, path);
    const status = slot ? await this.#faultOf(slot, query.get('slot') ?? '', request.headers) : 404;
    if (status === null) return await this.#take(slot!, request, response);
    this.#deps.traffic.uploads.refused++;
    refuse(response, status);
  }

  /** The status of a refusal; null where nothing is wrong. */
  async #faultOf(
    slot: Upload,
    signature: string,
    headers: IncomingHttpHeaders,
  ): Promise<number | null> {
    const { signer, underWay, clock } = this.#deps;
    // Of a file that has come, nobody can tell any more whether it was the right slot.
    if (slot.deadline === null) return 409;
    if (!(await signer.verify(slot, signature))) return 403;
    if (slot.deadline <= clock.now()) return 410;
    return faultOfHeaders(slot, headers) ?? (underWay.has(slot.id) ? 409 : null);
  }

  async #take(slot: Upload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { underWay, blobs, traffic } = this.#deps;
    underWay.add(slot.id);
    const stopWatching = this.#watch(request, response);
    try {
      if (request.headers.expect !== undefined) response.writeContinue();
      await blobs.put(slot.id, request, slot.size);
      stopWatching();
      await this.#finish(slot, request, response);
    } catch (error) {
      traffic.uploads.failed++;
      this.#explain(error, response);
    } finally {
      stopWatching();
      underWay.delete(slot.id);
    }
  }

  /** 201 says that the file is on disk, and can be had from now on. */
  async #finish(slot: Upload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { uploads, blobs, clock, traffic } = this.#deps;
    const said = readMediaType(request.headers['content-type'] ?? '');
    const file = { type: slot.type || (said ?? ''), created: clock.now() };
    if (await uploads.complete(slot.id, file)) {
      traffic.uploads.stored++;
      traffic.keptBytes += slot.size;
      response.setHeader('Content-Length', 0).writeHead(201).end();
    } else {
      await blobs.delete(slot.id);
      refuse(response, 410);
    }
  }

  /** The sender is gone, mostly. The disk's faults are the operator's to know. */
  #explain(error: unknown, response: ServerResponse): void {
    if (!(error instanceof StorageError)) {
      response.destroy();
      return;
    }
    const { code, message, mend } = error;
    this.#deps.log.error({ code, error: message, mend }, 'a file could not be stored');
    if (!response.headersSent) refuse(response, code === 'full' ? 507 : 500);
  }

  /** Turns away whoever sends too slowly (RFC 9110 §15.5.9); the returned function ends that. */
  #watch(request: IncomingMessage, response: ServerResponse): () => void {
    const { clock } = this.#deps;
    const { socket } = request;
    let before = socket.bytesRead;
    let cancel = () => {};
    const look = () => {
      if (socket.bytesRead - before >= MIN_BYTES) {
        before = socket.bytesRead;
        cancel = clock.after(PATIENCE, look);
      } else {
        response.once('finish', () => request.destroy());
        refuse(response, 408);
      }
    };
    cancel = clock.after(PATIENCE, look);
    return () => cancel();
  }
}

/** XEP-0363 §7: the length has to be that of the slot, and the type, where the slot has one. */
function faultOfHeaders({ size, type }: Upload, headers: IncomingHttpHeaders): number | null {
  const { 'content-length': length = '', 'content-type': said = '' } = headers;
  if (headers['transfer-encoding'] !== undefined || !LENGTH.test(length)) return 411;
  if (Number(length) > size) return 413;
  if (Number(length) < size || headers['content-range'] !== undefined) return 400;
  const isCoded = headers['content-encoding'] !== undefined;
  return isCoded || (type !== '' && readMediaType(said) !== type) ? 415 : null;
}
