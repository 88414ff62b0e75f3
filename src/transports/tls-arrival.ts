import type { TLSSocket } from 'node:tls';
import type { Deadlines, Expiring } from '../lib/deadlines.ts';

/** Milliseconds that a TLS handshake may take. */
export const HANDSHAKE_TIMEOUT = 10_000;

/** A connection until its handshake is over; one that fails, or takes too long, is dropped. */
export class TlsArrival implements Expiring {
  deadline = 0;
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket, deadlines: Deadlines, arrived: () => void) {
    this.#socket = socket;
    const fail = () => void socket.destroy();
    const forget = () => deadlines.clear(this);
    socket.on('_tlsError', fail).on('error', fail).once('close', forget);
    socket.once('secure', () => {
      forget();
      socket.off('error', fail).off('close', forget);
      arrived();
    });
    deadlines.set(this, HANDSHAKE_TIMEOUT);
  }

  onDeadline(): void {
    this.#socket.destroy();
  }
}
