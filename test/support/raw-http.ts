import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Milliseconds to wait for what is expected. */
const PATIENCE = 5_000;

/** A client of HTTP that says exactly what a test wants it to say. */
export class RawHttp {
  readonly #socket: Socket;
  #heard = '';

  static async connect(webUrl: string): Promise<RawHttp> {
    const socket = connect({ port: Number(new URL(webUrl).port), host: '127.0.0.1' });
    await once(socket, 'connect');
    return new RawHttp(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#heard += text;
    });
    socket.on('error', () => {});
  }

  says(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** The head of a request; its lines need no end. */
  begins(...lines: readonly string[]): void {
    this.says(`${lines.join('\r\n')}\r\nHost: localhost\r\n\r\n`);
  }

  /** Waits for an answer's status, which then counts as heard. */
  async hears(): Promise<number> {
    const signal = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const found = /HTTP\/1\.1 (\d{3}) .*?\r\n\r\n/s.exec(this.#heard);
      if (found) {
        this.#heard = this.#heard.slice(found.index + found[0].length);
        return Number(found[1]);
      }
      await once(this.#socket, 'data', { signal });
    }
  }

  /** Waits until the server has closed the connection. */
  async isLeft(): Promise<void> {
    if (!this.#socket.closed)
      await once(this.#socket, 'close', { signal: AbortSignal.timeout(PATIENCE) });
  }

  leaves(): void {
    this.#socket.destroy();
  }
}
