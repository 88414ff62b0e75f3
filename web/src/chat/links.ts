/** A stretch of text, or an address in it that may be followed. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

const CANDIDATE = /\bhttps?:\/\/[^\s<>"']+/giu;
/** What ends a sentence rather than an address. */
const TRAILING = /[.,;:!?…»”’\]}]+$/u;

/**
 * Finds the addresses in a text. Nothing else than `http` and `https` is ever one, and
 * what no browser could open stays text.
 */
export function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const written = trim(match[0]);
    const url = safeUrl(written);
    if (!url) continue;
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    pieces.push({ kind: 'link', text: written, url });
    end = match.index + written.length;
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

/** The address in its normal form where it is one of the web; null for any other. */
export function safeUrl(written: string): string | null {
  const url = URL.canParse(written) ? new URL(written) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  // A name before the host makes an address look like another's.
  if (url.username !== '' || url.password !== '' || url.hostname === '') return null;
  return url.href;
}

/** A closing bracket belongs to the address only where an opening one does. */
function trim(candidate: string): string {
  let text = candidate.replace(TRAILING, '');
  while (text.endsWith(')') && count(text, ')') > count(text, '(')) {
    text = text.slice(0, -1).replace(TRAILING, '');
  }
  return text;
}

function count(text: string, sign: string): number {
  return text.split(sign).length - 1;
}
