import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { prepareDomain } from '../xmpp/jid.ts';

/** The protocol that clients name over direct TLS (XEP-0368 §4). */
const ALPN_CLIENT = 'xmpp-client';

/** Picks the context for a domain, as prepared; null for one that is not served. */
export type SecureContextFor = (serverName: string) => SecureContext | null;

/** What each handshake has settled on. */
const chosen = new WeakMap<TLSSocket, SecureContext>();

/** The context whose certificate the socket has sent, once its handshake is over. */
export function contextOf(socket: TLSSocket): SecureContext {
  return chosen.get(socket)!;
}

/**
 * The server's side of TLS over a connected socket. `context` serves clients
 * that name no host, or none that is served here.
 */
export function secureSocket(
  socket: Socket,
  context: SecureContext,
  contextFor: SecureContextFor,
  isDirect: boolean,
): TLSSocket {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    SNICallback: (serverName, answer) => {
      const own = named(serverName, contextFor) ?? context;
      chosen.set(secured, own);
      answer(null, own);
    },
    ...(isDirect && { ALPNCallback: chooseProtocol }),
  });
  chosen.set(secured, context);
  secured.disableRenegotiation();
  return secured;
}

/** TLS names hosts by A-labels (RFC 6066 §3), the server by U-labels. */
function named(serverName: string, contextFor: SecureContextFor): SecureContext | null {
  try {
    return contextFor(prepareDomain(serverName));
  } catch {
    return null;
  }
}

/** Undefined makes OpenSSL refuse with no_application_protocol (RFC 7301 §3.2). */
function chooseProtocol({ protocols }: { protocols: string[] }): string | undefined {
  return protocols.find((protocol) => protocol === ALPN_CLIENT);
}
