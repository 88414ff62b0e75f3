import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificates } from './certificate.ts';
import { freePort, LOOPBACK, untilListening } from './ports.ts';
import { type Running, start, unprivileged } from './process.ts';

const EXAMPLE = new URL('../../../conf/examples/turnserver.conf', import.meta.url);
/** Relays that one run may have at a time. */
const RELAYS = 40;

/** coturn by the example that operators copy, on loopback. */
export class Coturn {
  readonly port: number;
  readonly tlsPort: number;
  readonly #process: Running;

  private constructor(port: number, tlsPort: number, process: Running) {
    this.port = port;
    this.tlsPort = tlsPort;
    this.#process = process;
  }

  /** `isOpen`: it relays to this machine, as it never should. */
  static async start(
    folder: string,
    certificates: Certificates,
    { secret, isOpen = false }: { secret: string; isOpen?: boolean },
  ): Promise<Coturn> {
    const [port, tlsPort, relays] = [await freePort(), await freePort(), await freePort()];
    const changes = {
      'listening-ip': LOOPBACK,
      'listening-port': port,
      'tls-listening-port': tlsPort,
      'min-port': Math.min(relays, 65_535 - RELAYS),
      'max-port': Math.min(relays, 65_535 - RELAYS) + RELAYS,
      'static-auth-secret': secret,
      cert: certificates.certificate,
      pkey: certificates.key,
    };
    const text = Object.entries(changes).reduce(
      (config, [key, value]) => config.replace(new RegExp(`^${key}=.*$`, 'm'), `${key}=${value}`),
      await readFile(EXAMPLE, 'utf8'),
    );
    const open = text.replace(/^denied-peer-ip=.*$/gm, '').concat('allow-loopback-peers\n');
    const own = `pidfile=${join(folder, 'turn.pid')}\nuserdb=${join(folder, 'turn.sqlite')}\n`;
    const file = join(folder, 'turnserver.conf');
    await writeFile(file, (isOpen ? open : text) + own);
    const process = start('turnserver', ['-c', file], unprivileged());
    await untilListening(process, port);
    return new Coturn(port, tlsPort, process);
  }

  async stop(): Promise<void> {
    await this.#process.end();
  }
}
