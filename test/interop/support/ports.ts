import { connect, createServer } from 'node:net';
import { until } from './poll.ts';
import type { Running } from './process.ts';

export const LOOPBACK = '127.0.0.1';

/** A TCP port that was free on loopback a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, LOOPBACK, resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Waits until `server` accepts connections; throws when it exits instead. */
export async function untilListening(server: Running, port: number): Promise<void> {
  await until(`${server.command} listens on ${port}`, async () => {
    if (server.hasExited) throw new Error(`${server.command} exited:\n${server.output}`);
    return await accepts(port);
  });
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket
      .once('error', () => resolve(false))
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}
