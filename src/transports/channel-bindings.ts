import { createHash } from 'node:crypto';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { ChannelBindings } from '../stream/connection.ts';
import { bindingHash } from './certificate-hash.ts';
import { contextOf } from './tls.ts';

const EXPORTER = 'tls-exporter';
const UNIQUE = 'tls-unique';
const END_POINT = 'tls-server-end-point';

/** RFC 9266 §2: the label, and the bytes that are exported; the context is empty. */
const EXPORTER_LABEL = 'EXPORTER-Channel-Binding';
const EXPORTER_BYTES = 32;

/**
 * The channel bindings of a TLS connection, from the server's end (RFC 5929, RFC
 * 9266). It is no resumption of another: such are not made here.
 */
export class TlsChannelBindings implements ChannelBindings {
  readonly types: readonly string[];
  readonly #socket: TLSSocket;
  readonly #isTls13: boolean;
  readonly #endPoint: Buffer | null;

  /** The handshake is over. */
  constructor(socket: TLSSocket) {
    this.#socket = socket;
    this.#isTls13 = socket.getProtocol() === 'TLSv1.3';
    this.#endPoint = endPointOf(socket);
    const own = this.#isTls13 ? EXPORTER : UNIQUE;
    this.types = this.#endPoint ? [own, END_POINT] : [own];
  }

  data(type: string): Buffer | null {
    if (type === END_POINT) return this.#endPoint;
    // RFC 5929 §3.1: the first Finished message, which is the client's. TLS 1.3 has
    // one as well, and does not define the type: it is not announced there (ADR 5).
    if (type === UNIQUE) return this.#socket.getPeerFinished() ?? null;
    return type === EXPORTER && this.#isTls13 ? this.#exported() : null;
  }

  #exported(): Buffer {
    return this.#socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
  }
}

/** Of each context's certificate, of which it has one; that of a socket is slow to get at. */
const endPoints = new WeakMap<SecureContext, { readonly data: Buffer | null }>();

/** tls-server-end-point; null where it is not defined (RFC 5929 §4.1). */
function endPointOf(socket: TLSSocket): Buffer | null {
  const context = contextOf(socket);
  const known = endPoints.get(context);
  if (known) return known.data;
  const certificate = socket.getX509Certificate()?.raw;
  const hash = certificate ? bindingHash(certificate) : null;
  const data = certificate && hash ? createHash(hash).update(certificate).digest() : null;
  endPoints.set(context, { data });
  return data;
}
