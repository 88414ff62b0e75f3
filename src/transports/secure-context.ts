import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

export interface SecureContextFacts {
  /** The certificate and its chain, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * What a host's TLS handshakes need. Of TLS 1.2 only suites with forward secrecy
 * and authenticated encryption are left (RFC 9325 §4.2); Node neither compresses
 * nor, with TLS 1.3, renegotiates. No connection takes up an earlier one: channel
 * bindings want a handshake of its own for each, and streams are long (ADR 5).
 * @throws {Error} when certificate and key do not fit each other.
 */
export function makeSecureContext({ cert, key, minVersion }: SecureContextFacts): SecureContext {
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return createSecureContext({ cert, key, minVersion, ...CHOICE, secureOptions });
}

const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const CHOICE = { ciphers: CIPHERS, honorCipherOrder: true };
