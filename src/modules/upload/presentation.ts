import { create as contentDisposition } from 'content-disposition';
import type { Upload } from '../../storage/upload-port.ts';

const SECONDS_IN_A_DAY = 86_400;
const UNKNOWN = 'application/octet-stream';

/** What browsers show, and nothing of it runs; all else they save. */
const SHOWN: ReadonlySet<string> = new Set([
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/webm',
  'audio/x-wav',
  'image/apng',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/heic',
  'image/heif',
  'image/jpeg',
  'image/jxl',
  'image/png',
  'image/webp',
  'text/plain',
  'video/mp4',
  'video/mpeg',
  'video/ogg',
  'video/quicktime',
  'video/webm',
]);

/** What is saved under its own type: no page can make anything of these that runs. */
const SAVED: ReadonlySet<string> = new Set(['application/pdf', 'application/zip']);

/**
 * The header fields of a file: whatever is in it, and whatever its sender calls it, no browser
 * runs it in the name of this server (XEP-0363 §9.1). `now` is in ms since 1970.
 */
export function headersOf(file: Upload, now: number): Record<string, string> {
  const { type, name, created, expires } = file;
  const isShown = SHOWN.has(type);
  const lifetime = expires === null ? SECONDS_IN_A_DAY : Math.floor((expires - now) / 1_000);
  const maxAge = Math.max(0, Math.min(SECONDS_IN_A_DAY, lifetime));
  return {
    'Content-Type': servedType(type),
    'Content-Disposition': contentDisposition(name, { type: isShown ? 'inline' : 'attachment' }),
    'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    // Pages from elsewhere may show it, also those that are isolated.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Referrer-Policy': 'no-referrer',
    // Nothing changes it; nobody but who has asked keeps it.
    'Cache-Control': `private, max-age=${maxAge}, immutable`,
    'Accept-Ranges': 'bytes',
    ETag: etagOf(file),
    'Last-Modified': new Date(created).toUTCString(),
  };
}

/** A strong one: the bytes behind an id never change. */
export function etagOf({ id }: Upload): string {
  return `"${id}"`;
}

/** Under another type a script or style of the server's own pages could be made of it. */
function servedType(type: string): string {
  if (type === 'text/plain') return 'text/plain; charset=utf-8';
  return SHOWN.has(type) || SAVED.has(type) ? type : UNKNOWN;
}
