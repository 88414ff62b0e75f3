import { signal } from '@preact/signals';
import type { Agent } from 'stanza';

/** A file on its way to the server. */
export interface Upload {
  readonly id: string;
  readonly peer: string;
  readonly name: string;
  readonly size: number;
  /** Bytes that have left. */
  readonly sent: number;
  readonly failure: UploadFailure | null;
}

export type UploadFailure = 'too-large' | 'no-service' | 'refused' | 'broken';

/** Headers that a slot may ask for (XEP-0363 §4); others are not sent. */
const ALLOWED_HEADERS = new Set(['authorization', 'cookie', 'expires']);

interface UploadService {
  readonly jid: string;
  readonly maxSize: number | null;
}

class UploadError extends Error {
  readonly failure: UploadFailure;

  constructor(failure: UploadFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** Files for others, by way of the server (XEP-0363). */
export class Uploads {
  readonly all = signal<readonly Upload[]>([]);
  readonly #agent: Agent;
  readonly #running = new Map<string, XMLHttpRequest>();
  #service: Promise<UploadService> | null = null;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Tells where the file can be had once it is there; null where that did not come to pass. */
  async upload(peer: string, file: File): Promise<string | null> {
    const id = this.#agent.nextId();
    const upload = { id, peer, name: file.name, size: file.size, sent: 0, failure: null };
    this.all.value = [...this.all.value, upload];
    try {
      const url = await this.#transfer(id, file);
      this.remove(id);
      return url;
    } catch (error) {
      const failure = error instanceof UploadError ? error.failure : 'broken';
      this.#change(id, { failure });
      return null;
    } finally {
      this.#running.delete(id);
    }
  }

  /** Stops it where it still runs, and takes it off the list. */
  remove(id: string): void {
    this.all.value = this.all.value.filter((each) => each.id !== id);
    this.#running.get(id)?.abort();
  }

  async #transfer(id: string, file: File): Promise<string> {
    const { jid, maxSize } = await this.#find();
    if (maxSize !== null && file.size > maxSize) throw new UploadError('too-large');
    const mediaType = file.type || 'application/octet-stream';
    const wish = { name: file.name, size: file.size, mediaType };
    const slot = await this.#agent.getUploadSlot(jid, wish).catch((error: unknown) => {
      throw new UploadError(isTooLarge(error) ? 'too-large' : 'refused');
    });
    await this.#put(id, file, mediaType, slot.upload);
    return slot.download;
  }

  #find(): Promise<UploadService> {
    this.#service ??= this.#agent.getUploadService().then(
      ({ jid, maxSize }) => ({ jid, maxSize: maxSize ?? null }),
      () => {
        this.#service = null;
        throw new UploadError('no-service');
      },
    );
    return this.#service;
  }

  /** `XMLHttpRequest` since `fetch` does not tell how far it has come. */
  #put(
    id: string,
    file: File,
    mediaType: string,
    { url, headers = [] }: { url: string; headers?: { name: string; value: string }[] },
  ): Promise<void> {
    const request = new XMLHttpRequest();
    this.#running.set(id, request);
    return new Promise((resolve, reject) => {
      request.open('PUT', url);
      request.setRequestHeader('Content-Type', mediaType);
      for (const { name, value } of headers) {
        if (ALLOWED_HEADERS.has(name.toLowerCase())) request.setRequestHeader(name, value);
      }
      request.upload.onprogress = ({ loaded }) => this.#change(id, { sent: loaded });
      request.onload = () =>
        request.status >= 200 && request.status < 300
          ? resolve()
          : reject(new UploadError(request.status === 413 ? 'too-large' : 'refused'));
      request.onerror = () => reject(new UploadError('broken'));
      request.onabort = () => reject(new UploadError('broken'));
      request.send(file);
    });
  }

  #change(id: string, change: Partial<Upload>): void {
    this.all.value = this.all.value.map((each) => (each.id === id ? { ...each, ...change } : each));
  }
}

function isTooLarge(error: unknown): boolean {
  const { httpUploadError } = (error as { error?: { httpUploadError?: string } }).error ?? {};
  return httpUploadError === 'file-too-large';
}
