import type { Socket } from 'node:net';
import type { Deadlines, Expiring } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import { plainAddress } from './address.ts';
import { Networks } from './networks.ts';
import { readProxyHeader } from './proxy-header.ts';

/** Who stands between clients and a listener. */
export interface ProxyOptions {
  /** Addresses and networks (`10.0.0.0/8`) whose word on a client's address is taken. */
  readonly from: readonly string[];
  /** Whether the proxy has ended the client's TLS, so that there is none here. */
  readonly endsTls: boolean;
}

/** Milliseconds in which the header has to come (§2 of the specification: 3 s at least). */
const HEADER_TIMEOUT = 5_000;

interface GateDeps {
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Takes the socket, paused, with what follows the header still to be read. */
  admit(socket: Socket, address: string): void;
  /** Somebody came who is no proxy, or one that sends no header. */
  turnedAway(): void;
}

/**
 * Lets in only what trusted proxies pass on: the specification forbids to guess whether
 * there is a header, so that everybody else is turned away.
 */
export class ProxyGate {
  readonly #trusted: Networks;
  readonly #deps: GateDeps;
  readonly #waiting = new Set<Arrival>();

  constructor({ from }: ProxyOptions, deps: GateDeps) {
    this.#deps = deps;
    this.#trusted = new Networks(from);
  }

  take(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!this.#trusted.has(address)) {
      // A proxy that only looks whether the server is there is gone by now.
      if (address !== '') this.#turnAway(address);
      socket.destroy();
      return;
    }
    const arrival = new Arrival(socket, address, this.#deps, () => this.#waiting.delete(arrival));
    this.#waiting.add(arrival);
  }

  #turnAway(address: string): void {
    this.#deps.turnedAway();
    this.#deps.log.debug({ address }, 'connection refused, it is from no proxy');
  }

  /** Drops those that have not been let in. */
  close(): void {
    for (const arrival of this.#waiting) arrival.onDeadline();
  }
}

/** A proxy's connection until its header is read. */
class Arrival implements Expiring {
  deadline = 0;
  readonly #socket: Socket;
  readonly #proxy: string;
  readonly #deps: GateDeps;
  readonly #forget: () => void;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, proxy: string, deps: GateDeps, forget: () => void) {
    this.#socket = socket;
    this.#proxy = proxy;
    this.#deps = deps;
    this.#forget = forget;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    deps.deadlines.set(this, HEADER_TIMEOUT);
  }

  onDeadline(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    try {
      const header = readProxyHeader(this.#bytes);
      if (header) this.#pass(header.address ?? this.#proxy, this.#bytes.subarray(header.length));
    } catch (error) {
      const { message } = error as Error;
      this.#deps.turnedAway();
      this.#deps.log.warn({ address: this.#proxy, error: message }, 'proxy refused');
      this.#socket.destroy();
    }
  };

  readonly #onEnd = (): void => {
    this.#socket.destroy();
  };

  readonly #onError = (): void => {};

  readonly #onClose = (): void => {
    this.#deps.deadlines.clear(this);
    this.#forget();
  };

  /** From here on the socket is the client's. */
  #pass(address: string, rest: Buffer): void {
    const socket = this.#socket;
    // Paused, since TLS looks for what has been read only in the next turn.
    socket.pause();
    socket.off('data', this.#onData).off('end', this.#onEnd);
    socket.off('error', this.#onError).off('close', this.#onClose);
    this.#onClose();
    if (rest.length > 0) socket.unshift(rest);
    this.#deps.admit(socket, address);
  }
}
