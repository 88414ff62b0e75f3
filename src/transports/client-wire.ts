import { createConnection, createServer, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates, TLSSocket } from 'node:tls';

/** Where a client connects to, and as whom it asks for. */
export interface Destination {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** The domain, in A-labels, that TLS names. */
  readonly serverName: string;
  /** Whether TLS begins at once (XEP-0368), and not after STARTTLS or never. */
  readonly directTls: boolean;
  /** Whether the stream goes over a WebSocket (RFC 7395). */
  readonly webSocket: boolean;
}

/**
 * The client's end of a connection, for programs that look whether a server is well.
 * Certificates are taken as they are: what they are worth, whoever asks judges.
 */
export class ClientWire {
  readonly #destination: Destination;
  readonly #heard: (chunk: Buffer | null) => void;
  #socket: Socket;

  /** Rejects with the system's errors; `heard` gets what comes in, null at the end. */
  static async connect(
    destination: Destination,
    heard: (chunk: Buffer | null) => void,
  ): Promise<ClientWire> {
    const socket = createConnection({ host: destination.address, port: destination.port });
    const wire = new ClientWire(destination, heard, socket);
    try {
      await settled(socket, 'connect');
      if (destination.directTls) await wire.startTls();
      else wire.#listen();
    } catch (error) {
      wire.destroy();
      throw error;
    }
    return wire;
  }

  private constructor(
    destination: Destination,
    heard: (chunk: Buffer | null) => void,
    socket: Socket,
  ) {
    this.#destination = destination;
    this.#heard = heard;
    this.#socket = socket;
  }

  /** SHA-256 of the certificate that the server has sent, `AB:CD:…`; null without TLS. */
  get fingerprint(): string | null {
    const socket = this.#socket;
    return socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : null;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  async startTls(): Promise<void> {
    const { serverName, directTls } = this.#destination;
    const socket = this.#socket.removeAllListeners('data').removeAllListeners('end');
    const secured = connectTls({
      socket,
      servername: serverName,
      rejectUnauthorized: false,
      ...(directTls && { ALPNProtocols: ['xmpp-client'] }),
    });
    this.#socket = secured;
    await settled(secured, 'secureConnect');
    this.#listen();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk) => this.#heard(chunk));
    this.#socket.on('close', () => this.#heard(null));
  }
}

function settled(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it hung up')));
  });
}

/** Listens for a moment; null where that works, else why not. */
export function tryPort(
  address: string | null,
  port: number,
): Promise<NodeJS.ErrnoException | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ ...(address && { host: address }), port }, () =>
      server.close(() => resolve(null)),
    );
  });
}

/** The certificates, in PEM, of the authorities that programs commonly trust. */
export function commonAuthorities(): readonly string[] {
  return rootCertificates;
}
