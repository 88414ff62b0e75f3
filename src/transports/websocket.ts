import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import type { Connection, ConnectionListener } from '../stream/connection.ts';
import type { XmlLimits } from '../xml/frame.ts';
import type { Upgraded } from './http.ts';
import { refuseUpgrade } from './http-answer.ts';
import type { HttpAsked } from './http-route.ts';
import { DEFAULT_QUEUE_LIMIT } from './outgoing-queue.ts';
import { WebSocketConnection, type WebSocketTransport } from './websocket-connection.ts';

/** Where clients ask for it. */
export const WEBSOCKET_PATH = '/xmpp-websocket';

/** RFC 7395 §3.1. */
const SUBPROTOCOL = 'xmpp';
const MAX_FRAGMENTS = 1_024;
/** Answers to pings that a client may leave unread. */
const MAX_PONGS = 16;

/** Bounds of connections, and of what comes over them. */
export interface WebSocketLimits {
  /** Limits until the stream sets its own. */
  readonly limits: XmlLimits;
  /** Bytes of the largest message that anybody may send. */
  readonly maxMessage: number;
  readonly queueLimit?: number;
}

export interface WebSocketOptions extends WebSocketLimits {
  readonly onConnection: (connection: Connection) => ConnectionListener;
  /** Origins of pages that may connect; null for all: nothing is done here by what a browser knows. */
  readonly origins: readonly string[] | null;
  /** Where clients may go on once this server stops; null for nowhere. */
  readonly seeOtherUri: string | null;
  readonly deadlines: Deadlines;
  readonly log: Log;
}

/** Turns connections of HTTP into those of WebSocket with the subprotocol of XMPP (RFC 7395). */
export class WebSockets {
  readonly #options: WebSocketOptions;
  #limits: WebSocketLimits;
  #handshakes: WebSocketServer;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    this.#limits = options;
    this.#handshakes = makeHandshakes(options);
  }

  /** For connections from now on. */
  useLimits(limits: WebSocketLimits): void {
    this.#limits = limits;
    this.#handshakes = makeHandshakes(limits);
  }

  readonly upgrade = (asked: HttpAsked, socket: Socket, head: Buffer): Upgraded | null => {
    const status = this.#refusal(asked);
    if (status !== null) {
      refuseUpgrade(socket, status);
      return null;
    }
    let upgraded: Upgraded | null = null;
    this.#handshakes.handleUpgrade(asked.request, socket, head, (ws) => {
      const connection = new WebSocketConnection(ws, socket, asked, this.#transport());
      connection.attach(this.#options.onConnection(connection), this.#limits.limits);
      upgraded = connection;
    });
    return upgraded;
  };

  #transport(): WebSocketTransport {
    const { deadlines, seeOtherUri } = this.#options;
    const { maxMessage, queueLimit = DEFAULT_QUEUE_LIMIT } = this.#limits;
    return { deadlines, seeOtherUri, maxMessage, queueLimit };
  }

  #refusal({ request: { headers }, remoteAddress }: HttpAsked): number | null {
    const { origins, log } = this.#options;
    const { origin, 'sec-websocket-protocol': protocols = '' } = headers;
    if (origin !== undefined && origins && !origins.includes(origin)) {
      log.debug(
        { address: remoteAddress, origin },
        'WebSocket refused, the page is from elsewhere',
      );
      return 403;
    }
    const isSpoken = protocols.split(',').some((each) => each.trim() === SUBPROTOCOL);
    return isSpoken ? null : 400;
  }
}

function makeHandshakes({ maxMessage }: WebSocketLimits): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    maxFragments: MAX_FRAGMENTS,
    maxPendingAutoPongs: MAX_PONGS,
    handleProtocols: () => SUBPROTOCOL,
  };
  return new WebSocketServer(options);
}
