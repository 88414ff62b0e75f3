import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';

/** Where a STUN or TURN server is asked. */
export interface TurnPlace {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  /** Over TCP: whether TLS begins at once. */
  readonly isSecure: boolean;
  /** What the certificate has to be for. */
  readonly host: string;
}

/** How STUN messages come and go. */
export interface TurnWire {
  /** Whether what is sent arrives, or the connection ends. */
  readonly isReliable: boolean;
  /** What a client that verifies certificates has against this one; null for nothing. */
  readonly certificateFault: string | null;
  send(message: Buffer): void;
  close(): void;
}

export interface WireEvents {
  onMessage(message: Buffer): void;
  onError(error: Error): void;
}

/** Milliseconds for connecting, TLS included. */
const PATIENCE = 5_000;
/** Bytes before the attributes, with two of them for their length (RFC 8489 §5). */
const HEADER = 20;

/** Rejects with the system's errors. */
export function openTurnWire(place: TurnPlace, events: WireEvents): Promise<TurnWire> {
  return place.transport === 'udp' ? openDatagrams(place, events) : openStream(place, events);
}

function openDatagrams({ address, port }: TurnPlace, events: WireEvents): Promise<TurnWire> {
  const socket: UdpSocket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    // Connected, so that nobody else is heard, and that a closed port is told of.
    socket.connect(port, address, () => {
      socket.off('error', reject);
      socket.on('error', events.onError).on('message', events.onMessage);
      resolve({
        isReliable: false,
        certificateFault: null,
        send: (message) => socket.send(message),
        close: () => socket.close(),
      });
    });
  });
}

async function openStream(place: TurnPlace, events: WireEvents): Promise<TurnWire> {
  const socket = place.isSecure ? secured(place) : connect(place.port, place.address);
  await connected(socket, place.isSecure ? 'secureConnect' : 'connect');
  const messages = new MessageReader(events.onMessage);
  socket.on('error', events.onError).on('data', (chunk) => messages.read(chunk));
  socket.on('close', () => events.onError(new Error('it hung up')));
  return {
    isReliable: true,
    certificateFault: faultOf(socket),
    send: (message) => void socket.write(message),
    close: () => socket.removeAllListeners('close').destroy(),
  };
}

/** Whatever the certificate, so that the rest can be looked at, too. */
function secured({ address, port, host }: TurnPlace): TLSSocket {
  const servername = isIP(host) ? '' : host;
  return connectTls({ host: address, port, servername, rejectUnauthorized: false });
}

function faultOf(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket) || socket.authorized) return null;
  const error: unknown = socket.authorizationError;
  return error instanceof Error ? error.message : String(error);
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('it does not answer')), PATIENCE);
  socket.once(event, resolve).once('error', reject);
  return promise
    .catch((error) => {
      socket.destroy();
      throw error;
    })
    .finally(() => {
      clearTimeout(timer);
      socket.off('error', reject);
    });
}

/** Cuts a stream into STUN messages, which say how long they are, 64 KiB at most (RFC 8489 §6.2.2). */
class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #rest = Buffer.alloc(0);

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER) {
      const length = HEADER + this.#rest.readUInt16BE(2);
      if (this.#rest.length < length) return;
      this.#onMessage(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
  }
}
