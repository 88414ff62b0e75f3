import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from './base64.ts';
import { SaslError } from './mechanism.ts';

/** The client's first message, taken apart (RFC 5802 §7). */
export interface ScramClientFirst {
  /** `n`: no channel binding; `y`: the client could, but saw none offered; `p`: it binds. */
  readonly bindingFlag: 'n' | 'y' | 'p';
  /** The type that it binds to; '' without. */
  readonly bindingType: string;
  readonly authzid: string;
  readonly username: string;
  readonly nonce: string;
  /** The GS2 header as sent, which the final message repeats. */
  readonly gs2Header: string;
  /** The message behind that header. */
  readonly bare: string;
}

export interface ScramClientFinal {
  /** Decoded channel-binding input: the GS2 header and, with binding, its data. */
  readonly binding: Buffer;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

// Grammar of RFC 5802 §7. Extensions may follow, but for `m=`, which has to be understood.
const CLIENT_FIRST =
  /^(([ny]|p=([A-Za-z0-9.-]+)),(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+)(?:,[A-Za-ln-z]=[^,]+)*)$/u;
const CLIENT_FINAL = /^(c=([^,]+),r=([!-+\--~]+)(?:,[A-Za-ln-z]=[^,]+)*),p=([^,]+)$/u;

/** Longer nonces serve nobody. */
const MAX_NONCE_LENGTH = 256;

/** Throws `SaslError`. */
export function parseClientFirst(message: Buffer): ScramClientFirst {
  const match = CLIENT_FIRST.exec(decode(message));
  if (!match) throw new SaslError('malformed-request');
  const [, gs2Header = '', flag, type = '', authzid = '', bare = '', name = '', nonce = ''] = match;
  if (nonce.length > MAX_NONCE_LENGTH) throw new SaslError('malformed-request');
  return {
    bindingFlag: flag === 'y' || flag === 'n' ? flag : 'p',
    bindingType: type,
    authzid: unescapeName(authzid),
    username: unescapeName(name),
    nonce,
    gs2Header,
    bare,
  };
}

/** Throws `SaslError`. */
export function parseClientFinal(message: Buffer): ScramClientFinal {
  const match = CLIENT_FINAL.exec(decode(message));
  const [, withoutProof = '', bindingText = '', nonce = '', proofText = ''] = match ?? [];
  const binding = decodeBase64(bindingText);
  const proof = decodeBase64(proofText);
  if (!match || !binding || !proof) throw new SaslError('malformed-request');
  return { binding, nonce, proof, withoutProof };
}

function decode(message: Buffer): string {
  const text = isUtf8(message) ? message.toString() : '';
  if (text === '' || text.includes('\0')) throw new SaslError('malformed-request');
  return text;
}

/** Reads `saslname`, where only =2C and =3D may follow an equals sign (RFC 5802 §5.1). */
export function unescapeName(name: string): string {
  if (!name.includes('=')) return name;
  if (/=(?!2C|3D)/.test(name)) throw new SaslError('malformed-request');
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
