import { connect as connectTcp, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { connect as connectTls } from 'node:tls';
import type { Wire } from './wire.ts';

/** Connects to a server on loopback; its certificate is taken as it is. */
export async function dial(port: number, host: string, domain: string): Promise<Wire> {
  const socket = connectTcp({ port, host, noDelay: true });
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return new TcpWire(socket, domain);
}

class TcpWire implements Wire {
  onText: (text: string) => void = () => {};
  onEnd: () => void = () => {};
  readonly #domain: string;
  #socket: Socket;
  #hasEnded = false;

  constructor(socket: Socket, domain: string) {
    this.#socket = socket;
    this.#domain = domain;
    this.#listen(socket);
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  async secure(): Promise<void> {
    const plain = this.#socket.removeAllListeners('data');
    const options = { socket: plain, servername: this.#domain, rejectUnauthorized: false };
    const secured = connectTls(options);
    await new Promise((resolve, reject) => {
      secured.once('secureConnect', resolve).once('error', reject);
    });
    this.#socket = secured;
    this.#listen(secured);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    const decoder = new StringDecoder('utf8');
    socket.on('data', (bytes) => this.onText(decoder.write(bytes)));
    socket.on('end', () => this.#over()).on('close', () => this.#over());
    // A reset tells no more than the end that follows it.
    socket.on('error', () => {});
  }

  #over(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnd();
  }
}
