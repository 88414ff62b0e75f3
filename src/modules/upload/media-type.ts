const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const MEDIA_TYPE = new RegExp(`^\\s*(${TOKEN}/${TOKEN})\\s*(?:;.*)?$`, 's');
const MAX_TYPE = 127;

/** Type and subtype in lower case, without parameters (RFC 9110 §8.3.1); null for what is none. */
export function readMediaType(written: string): string | null {
  const type = MEDIA_TYPE.exec(written)?.[1] ?? '';
  return type !== '' && type.length <= MAX_TYPE ? type.toLowerCase() : null;
}
