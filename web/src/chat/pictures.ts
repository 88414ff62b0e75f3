/** Bytes of a picture that is taken from somebody's card. */
const MAX_SIZE = 1024 * 1024;

/** How the files of each media type begin, byte by byte; SVG, which can run, is none. */
const SIGNATURES: readonly (readonly [type: string, start: string])[] = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
];

export interface Picture {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A picture out of base64. Null for what is none of the known kinds by its own bytes,
 * whatever its owner calls it (XEP-0153 §5), or too large.
 */
export function readPicture(base64: string): Picture | null {
  const written = base64.replaceAll(/\s+/g, '');
  if (written.length === 0 || written.length > (MAX_SIZE / 3) * 4 + 4) return null;
  const binary = decode(written);
  const type = binary && typeOf(binary);
  if (!type) return null;
  return { type, bytes: Uint8Array.from(binary, (sign) => sign.charCodeAt(0)) };
}

function decode(base64: string): string | null {
  try {
    return atob(base64);
  } catch {
    return null;
  }
}

function typeOf(binary: string): string | null {
  if (binary.startsWith('RIFF') && binary.slice(8, 12) === 'WEBP') return 'image/webp';
  return SIGNATURES.find(([, start]) => binary.startsWith(start))?.[0] ?? null;
}
