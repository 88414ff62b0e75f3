/**
 * Decodes base64 as strictly as RFC 6120 §13.9.1 wants it: padded, nothing
 * outside of the alphabet, no stray bits. Null for anything else.
 */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
