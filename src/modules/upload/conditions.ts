import type { IncomingHttpHeaders } from 'node:http';
import type { BlobRange } from '../../storage/blob-port.ts';

const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;
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
export function statusOf(headers: IncomingHttpHeaders, file: Validators): 200 | 304 | 412 {
  if (isAboutAnother(headers, file)) return 412;
  return isKnown(headers, file) ? 304 : 200;
}

/** RFC 9110 §13.1.1, §13.1.4. */
function isAboutAnother(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const { 'if-match': match, 'if-unmodified-since': since } = headers;
  if (match !== undefined) return match.trim() !== '*' && !tagsIn(match).includes(etag);
  return since !== undefined && Date.parse(lastModified) > Date.parse(since);
}

/** RFC 9110 §13.1.2, §13.1.3. */
function isKnown(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const { 'if-none-match': match, 'if-modified-since': since } = headers;
  if (match !== undefined) return match.trim() === '*' || tagsIn(match, 'weakly').includes(etag);
  return since !== undefined && Date.parse(lastModified) <= Date.parse(since);
}

/** Entity tags; those that compare weakly are as if they were strong (RFC 9110 §8.8.3.2). */
function tagsIn(list: string, how: 'weakly' | 'strongly' = 'strongly'): string[] {
  const tags = list.match(ENTITY_TAG) ?? [];
  return how === 'weakly' ? tags.map((tag) => tag.replace('W/', '')) : tags;
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
