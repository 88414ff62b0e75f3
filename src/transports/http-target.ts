/** Where a request goes. */
export interface HttpTarget {
  /** What it calls the server by, where the target says so itself (RFC 9112 §3.2.2). */
  readonly authority: string | null;
  readonly path: string;
  readonly query: URLSearchParams;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
/** A name or an address, and perhaps a port (RFC 3986 §3.2); never with user information. */
const AUTHORITY = /^(\[[\da-f:.]+\]|[^\s/?#@:,;\\"<>[\]]+)(?::\d{1,5})?$/i;

/** Null for what is no target, or means one thing here and another elsewhere. */
export function readTarget(url: string): HttpTarget | null {
  const [, authority = null, rest = url] = ABSOLUTE.exec(url) ?? [];
  const end = rest.indexOf('?');
  const path = (end < 0 ? rest : rest.slice(0, end)) || '/';
  if (!path.startsWith('/') || path.includes('#') || !isPlain(path)) return null;
  return { authority, path, query: new URLSearchParams(end < 0 ? '' : rest.slice(end + 1)) };
}

/** The name in an authority, without port, brackets kept; null where it is none. */
export function nameIn(authority: string): string | null {
  return AUTHORITY.exec(authority)?.[1] ?? null;
}

/** No segment may lead elsewhere, however it is written. */
function isPlain(path: string): boolean {
  if (!path.includes('%') && !path.includes('.') && !path.includes('\\')) return true;
  try {
    return path.split('/').every((segment) => isName(decodeURIComponent(segment)));
  } catch {
    return false;
  }
}

function isName(segment: string): boolean {
  return segment !== '.' && segment !== '..' && !/[/\\\0]/.test(segment);
}
