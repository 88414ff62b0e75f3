import type { Server } from 'node:net';
import type { Log } from '../lib/log.ts';

/** Where to listen. */
export interface BindAddress {
  /** Null: every address, IPv6 and IPv4 as the machine has them. */
  readonly address: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** Connections that the system keeps until they are accepted. */
const BACKLOG = 1024;

/**
 * Binds the server's port; resolves once that is done, rejects when it cannot be. What fails
 * later, as accepting does without file descriptors, is logged.
 */
export function bind(server: Server, { address, port }: BindAddress, log: Log): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ ...(address && { host: address }), port, backlog: BACKLOG }, () => {
    server.removeListener('error', reject);
    server.on('error', (error) => log.error({ error: error.message }, 'accept failed'));
    resolve();
  });
  return promise;
}
