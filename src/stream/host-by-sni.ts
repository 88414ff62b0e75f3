import { JidError, prepareDomain } from '../xmpp/jid.ts';
import type { Connection } from './connection.ts';
import type { StreamHost, StreamHosts } from './ports.ts';

/** The host that the client named in the TLS handshake; null for none that is served here. */
export function hostBySni(connection: Connection, hosts: StreamHosts): StreamHost | null {
  const name = connection.tls?.serverName;
  if (!name) return null;
  try {
    return hosts.find(prepareDomain(name));
  } catch (error) {
    if (error instanceof JidError) return null;
    throw error;
  }
}
