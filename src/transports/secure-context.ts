import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

export interface SecureContextFacts {
  /** The certificate and its chain, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Whose certificates clients may sign in with, in PEM; null asks clients for none. */
  readonly clientAuthority?: string | null;
}

/** Those whose handshakes ask the client for a certificate. */
const asking = new WeakSet<SecureContext>();

/** Whether the client is to be asked for a certificate, which it need not have. */
export function asksForCertificate(context: SecureContext): boolean {
  return asking.has(context);
}

/**
 * What a host's TLS handshakes need. Of TLS 1.2 only suites with forward secrecy
 * and authenticated encryption are left (RFC 9325 §4.2); Node neither compresses
 * nor, with TLS 1.3, renegotiates. No connection takes up an earlier one: channel
 * bindings want a handshake of its own for each, and streams are long (ADR 5). With
 * TLS 1.3 the option leaves tickets that lead nowhere; `bin/openssl.cnf` takes those.
 * @throws {Error} when certificate and key do not fit each other.
 */
export function makeSecureContext(facts: SecureContextFacts): SecureContext {
  const { cert, key, minVersion, clientAuthority: ca } = facts;
  const secureOptions = constants.SSL_OP_NO_TICKET;
  const trust = ca ? { ca, sessionIdContext: SESSIONS } : {};
  const context = createSecureContext({
    cert,
    key,
    minVersion,
    ...trust,
    ...CHOICE,
    secureOptions,
  });
  if (ca) asking.add(context);
  return context;
}

/** OpenSSL wants a name for sessions where it asks for certificates, though none is resumed. */
const SESSIONS = 'epode';

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
