import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, LOOPBACK, untilListening } from '../../interop/support/ports.ts';
import { start } from '../../interop/support/process.ts';

/** A coturn of Debian's: a relay (RFC 8656) on loopback alone, for one user. */
export type Relay = {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** What it has written by now. */
  log(): string;
  /** Ends it and starts it again, with whatever it relayed lost. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

const SECRET = 'relay-4711';

/** Starts coturn with all its files in `folder`; who it serves is shown by a shared secret. */
export async function startRelay(folder: string): Promise<Relay> {
  const port = await freePort();
  const config = join(folder, 'turnserver.conf');
  const lines = [
    ...[`listening-ip=${LOOPBACK}`, `relay-ip=${LOOPBACK}`, `listening-port=${port}`],
    ...['min-port=49152', 'max-port=49352', 'realm=localhost', 'allow-loopback-peers'],
    ...['use-auth-secret', `static-auth-secret=${SECRET}`, 'no-tls', 'no-dtls', 'no-cli'],
    ...['verbose', 'log-file=stdout', `pidfile=${join(folder, 'turnserver.pid')}`],
    `userdb=${join(folder, 'turndb')}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  let server = start('turnserver', ['-c', config]);
  await untilListening(server, port);
  return {
    ...{ host: LOOPBACK, port, secret: SECRET },
    log: () => server.output,
    restart: async () => {
      await server.end();
      server = start('turnserver', ['-c', config]);
      await untilListening(server, port);
    },
    stop: () => server.end(),
  };
}
