import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { prepareDomain } from '../xmpp/jid.ts';
import { asksForCertificate } from './secure-context.ts';
import { xmppAddresses } from './xmpp-addresses.ts';

/** What the handshakes of one listener have of their own. */
export interface TlsManner {
  /** The protocol that clients have to name, if they name any (RFC 7301); null takes no notice. */
  readonly protocol: 'xmpp-client' | 'http/1.1' | null;
  /** Whether clients are asked for certificates, where the host takes them. */
  readonly asksForCertificates: boolean;
}

/** TLS by STARTTLS, and direct TLS, whose clients name the protocol (XEP-0368 §4). */
export const STARTTLS: TlsManner = { protocol: null, asksForCertificates: true };
export const DIRECT_TLS: TlsManner = { protocol: 'xmpp-client', asksForCertificates: true };
/** Browsers would ask people for a certificate that nothing needs. */
export const HTTPS: TlsManner = { protocol: 'http/1.1', asksForCertificates: false };

/** Picks the context for a domain, as prepared; null for one that is not served. */
export type SecureContextFor = (serverName: string) => SecureContext | null;

/** What each handshake has settled on. */
const chosen = new WeakMap<TLSSocket, SecureContext>();

/** The context whose certificate the socket has sent, once its handshake is over. */
export function contextOf(socket: TLSSocket): SecureContext {
  return chosen.get(socket)!;
}

/**
 * What Node has for sockets of its own TLS servers only: those know their host from the
 * start, and cannot ask by the name in the handshake.
 */
interface Handle {
  setVerifyMode(asks: boolean, refuses: boolean): void;
  /** What OpenSSL minds of the client's certificate; null for nothing. */
  verifyError(): Error | null;
}

function handleOf(socket: TLSSocket): Handle {
  return (socket as unknown as { _handle: Handle })._handle;
}

/**
 * The XMPP addresses in the client's certificate, once the handshake is over. None
 * unless the authority of the socket's context vouches for it: chain, dates, purpose
 * and all else that OpenSSL checks (RFC 5280 §6), without exception.
 */
export function certifiedAddresses(socket: TLSSocket): readonly string[] {
  if (!asksForCertificate(contextOf(socket))) return [];
  const certificate = socket.getPeerX509Certificate();
  if (!certificate || handleOf(socket).verifyError() !== null) return [];
  return xmppAddresses(certificate.raw);
}

/**
 * The server's side of TLS over a connected socket. `context` serves clients
 * that name no host, or none that is served here.
 */
export function secureSocket(
  socket: Socket,
  context: SecureContext,
  contextFor: SecureContextFor,
  { protocol, asksForCertificates }: TlsManner,
): TLSSocket {
  const asks = (of: SecureContext) => asksForCertificates && asksForCertificate(of);
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: context,
    requestCert: asks(context),
    // Who has no certificate that serves signs in by other means.
    rejectUnauthorized: false,
    SNICallback: (serverName, answer) => {
      const own = named(serverName, contextFor) ?? context;
      chosen.set(secured, own);
      handleOf(secured).setVerifyMode(asks(own), false);
      answer(null, own);
    },
    ...(protocol && { ALPNCallback: chooserOf(protocol) }),
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
function chooserOf(own: string) {
  return ({ protocols }: { protocols: string[] }): string | undefined =>
    protocols.find((protocol) => protocol === own);
}
