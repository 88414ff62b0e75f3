import type { IncomingHttpHeaders } from 'node:http';
import fresh from 'fresh';
import type { BlobRange } from '../../storage/blob-port.ts';

const ONE_RANGE = /^bytes=\s*(\d*)-(\d*)\s*$/i;

/** What is known of the file that a request is about. */
export interface Validators {
  readonly etag: string;
  /** As in the header field, to the second. */
  readonly lastModified: string;
}

/**
 * The status that a request's conditions ask for (RFC 9110 §13.2.2): 412 where it is about
 * another file, 304 where the client has it already, 200 where there is nothing in the way.
 */
export function statusOf(headers: IncomingHttpHeaders, validators: Validators): 200 | 304 | 412 {
  const { etag, lastModified } = validators;
  const { 'if-match': match, 'if-unmodified-since': unmodifiedSince } = headers;
  if (match !== undefined) {
    if (match.trim() !== '*' && !match.split(',').some((each) => each.trim() === etag)) return 412;
  } else if (unmodifiedSince !== undefined) {
    if (Date.parse(lastModified) > Date.parse(unmodifiedSince)) return 412;
  }
  return fresh(headers, { etag, 'last-modified': lastModified }) ? 304 : 200;
}

/**
 * The part that is asked for (RFC 9110 §14.2); null for all of it: also where there is more than
 * one, which may be passed over. `unsatisfiable` where the file has nothing of it.
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  size: number,
  validators: Validators,
): BlobRange | 'unsatisfiable' | null {
  const [, first = '', last = ''] = ONE_RANGE.exec(headers.range ?? '') ?? [];
  if ((first === '' && last === '') || !isUnchanged(headers['if-range'], validators)) return null;
  if (first === '') return suffixOf(Number(last), size);
  const [start, end] = [Number(first), last === '' ? size - 1 : Number(last)];
  if (last !== '' && end < start) return null;
  return start < size ? { start, end: Math.min(end, size - 1) } : 'unsatisfiable';
}

function suffixOf(length: number, size: number): BlobRange | 'unsatisfiable' {
  if (length === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size - 1 };
}

/** RFC 9110 §13.1.5: a part is of use only along with the rest of the same file. */
function isUnchanged(ifRange: string | string[] | undefined, validators: Validators): boolean {
  return (
    ifRange === undefined || ifRange === validators.etag || ifRange === validators.lastModified
  );
}
