import type { SecureContext } from 'node:tls';
import type { XmlLimits, XmlStreamHandler } from '../xml/frame.ts';
import type { StreamError } from '../xmpp/errors.ts';
import type { ServerHeader } from './stream-header.ts';

/** What can bind a sign-in to the TLS connection that carries it (RFC 5056). */
export interface ChannelBindings {
  /** The types to announce, by their registered names, the strongest first. */
  readonly types: readonly string[];
  /** The data for a type; null where the connection has none. One type has data unannounced (ADR 5). */
  data(type: string): Buffer | null;
}

/**
 * What a stream needs from its transport. A transport owns the socket, the
 * parser and the outgoing queue; it hands what it reads to one
 * `XmlStreamHandler` and tells `ConnectionListener` about its own life.
 */
export interface Connection {
  readonly transport: 'tcp' | 'tls' | 'memory' | 'websocket' | 'bosh';
  /** The peer's address, for logs and limits. */
  readonly remoteAddress: string;
  /** Whether what is sent now is encrypted. */
  readonly isSecure: boolean;
  /** Whether the peer sits on a loopback address. */
  readonly isLoopback: boolean;
  /** TLS facts once secure: protocol version and the name from SNI. */
  readonly tls: { readonly version: string; readonly serverName: string } | null;
  /** Null without TLS, and where TLS does not end at this connection. */
  readonly channelBindings: ChannelBindings | null;
  /**
   * The XMPP addresses of a client certificate, as they stand in it, which the authority
   * behind `context` vouches for; none where the connection was secured with another.
   */
  certifiedAddresses(context: SecureContext): readonly string[];
  /** Bytes queued and not yet taken by the kernel. */
  readonly queuedBytes: number;
  /** Bytes sent that the kernel never gets, since the connection broke or was ending. */
  readonly lostBytes: number;
  readonly isClosed: boolean;
  /** Whether TLS may begin within the stream (RFC 6120 §5); elsewhere it begins below it, or never. */
  readonly takesStartTls: boolean;
  /**
   * What elements that are sent have to declare of their own namespace: '' where the
   * header of the stream has done so for all, else `jabber:client` (RFC 7395 §3.3.3).
   */
  readonly contentXmlns: '' | 'jabber:client';

  /** Sends the server's header for a client's stream (RFC 6120 §4.7, RFC 7395 §3.4). */
  open(header: ServerHeader): void;
  /** Sends the error, if there is one, and the end of the stream, then ends as `end` does. */
  conclude(error: StreamError | null): void;
  /** Queues a piece of XML; everything queued in one turn leaves in one write. */
  send(xml: string): void;
  /** Queues a start tag and all behind it as one piece; copies `rest` before it returns. */
  sendParts(head: string, rest: Buffer): void;
  /** Stops handing over frames after the current one; what is read waits. */
  pause(): void;
  resume(): void;
  /** From the next byte on, expects a new stream header (RFC 6120 §4.3.3). */
  restart(): void;
  setLimits(limits: XmlLimits): void;
  /**
   * Drops what the peer sent in clear text beyond this point, then negotiates
   * TLS as the server and expects a new stream header (RFC 6120 §5.4.3.3).
   */
  startTls(context: SecureContext): void;
  /** Sends what is queued, ends our side, and waits at most 5 s for the peer's. */
  end(): void;
  /** Drops everything at once. */
  destroy(): void;
}

/** The stream behind a connection: the XML it reads, and how the transport fares. */
export interface ConnectionListener extends XmlStreamHandler {
  /** The TLS handshake of `startTls` has ended well. */
  onSecure(): void;
  /** Bytes have come, if only white space between stanzas (RFC 6120 §4.6.1). */
  onActivity(): void;
  /** The connection is gone; nothing follows. `error` is set when it broke. */
  onClose(error?: Error): void;
  /** The server takes no more connections and is about to stop. */
  onShutdown(): void;
  /** More than the bound waits in the outgoing queue: the peer does not read. */
  onOverflow(): void;
}
