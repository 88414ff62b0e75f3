import { SourceError } from './ports.ts';

/** An answer that has come as a whole. */
export interface BoundedAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Fetches without following redirects. Rejects with `SourceError` for an answer of more
 * bytes than `maxBytes`, and with the errors of `fetch`.
 */
export async function boundedFetch(
  url: string,
  init: RequestInit,
  maxBytes: number,
): Promise<BoundedAnswer> {
  const response = await fetch(url, { ...init, redirect: 'error' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new SourceError(`its answer has over ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, text: Buffer.concat(chunks).toString() };
}
