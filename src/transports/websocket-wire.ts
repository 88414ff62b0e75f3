import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { Destination } from './client-wire.ts';
import { WEBSOCKET_PATH } from './websocket.ts';

/** Milliseconds for the handshakes. */
const PATIENCE = 10_000;
const MAX_MESSAGE = 262_144;

/**
 * The client's end of a WebSocket (RFC 7395 §3.1), for programs that look whether a server is
 * well. Certificates are taken as they are, and no proxy is asked.
 */
export class WebSocketWire {
  /** SHA-256 of the certificate that the server has sent, `AB:CD:…`; null without TLS. */
  readonly fingerprint: string | null;
  readonly #socket: WebSocket;

  /**
   * Rejects with the system's errors, or what the server has answered instead; `heard` gets each
   * message, null at the end.
   */
  static async connect(
    { address, port, serverName, directTls }: Destination,
    heard: (message: Buffer | null) => void,
  ): Promise<WebSocketWire> {
    const host = address.includes(':') ? `[${address}]` : address;
    const url = `${directTls ? 'wss' : 'ws'}://${host}:${port}${WEBSOCKET_PATH}`;
    const socket = new WebSocket(url, 'xmpp', {
      ...{ handshakeTimeout: PATIENCE, maxPayload: MAX_MESSAGE, perMessageDeflate: false },
      ...(directTls && { servername: serverName, rejectUnauthorized: false }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<string | null>();
    socket.once('error', reject);
    socket.once('upgrade', (response) => resolve(fingerprintOf(response.socket as TLSSocket)));
    socket.on('message', (data) => heard(data as Buffer));
    socket.on('close', () => heard(null));
    const fingerprint = await promise;
    // Later errors are told by the end that follows.
    socket.on('error', () => {});
    return new WebSocketWire(socket, fingerprint);
  }

  private constructor(socket: WebSocket, fingerprint: string | null) {
    this.#socket = socket;
    this.fingerprint = fingerprint;
  }

  write(text: string): void {
    this.#socket.send(text);
  }

  destroy(): void {
    this.#socket.terminate();
  }
}

function fingerprintOf(socket: TLSSocket): string | null {
  return socket.encrypted ? socket.getPeerCertificate().fingerprint256 : null;
}
