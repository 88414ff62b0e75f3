import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** The client's side of SCRAM, written for itself (RFC 5802 §3). */
export interface ServerFirst {
  readonly text: string;
  readonly nonce: string;
  readonly salt: string;
  readonly iterations: number;
}

export const encode = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

/** Takes a challenge apart; the parts in the order that RFC 5802 §7 gives. */
export function readServerFirst(base64: string): ServerFirst {
  const text = Buffer.from(base64, 'base64').toString();
  const [, nonce = '', salt = '', iterations = ''] =
    /^r=(.*),s=(.*),i=(\d+)(?:,h=.*)?$/.exec(text) ?? [];
  return { text, nonce, salt, iterations: Number(iterations) };
}

/** The final message, for a given idea of what the first ones were. */
export function clientFinal(options: {
  readonly hash: 'sha1' | 'sha256' | 'sha512';
  readonly password: string;
  readonly firstBare: string;
  readonly server: ServerFirst;
  /** What the message says before its proof; what is usual unless given. */
  readonly withoutProof?: string;
}): string {
  const { hash, password, firstBare, server } = options;
  const withoutProof = options.withoutProof ?? `c=${encode('n,,')},r=${server.nonce}`;
  const salt = Buffer.from(server.salt, 'base64');
  const length = createHash(hash).digest().length;
  const salted = pbkdf2Sync(password, salt, server.iterations, length, hash);
  const clientKey = createHmac(hash, salted).update('Client Key').digest();
  const storedKey = createHash(hash).update(clientKey).digest();
  const message = `${firstBare},${server.text},${withoutProof}`;
  const signature = createHmac(hash, storedKey).update(message).digest();
  const proof = clientKey.map((byte, at) => byte ^ signature[at]!);
  return `${withoutProof},p=${encode(proof)}`;
}
