import { createHash, createHmac } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { classes, Message, methods, parseMessage } from 'werift-ice';

const REALM = 'example.org';
const NONCE = Buffer.from('c29tZSBub25jZQ');
const HEADER = 20;

/** How a TURN server of the tests behaves: by default as it should. */
export interface TurnManners {
  /** Of time-limited credentials. */
  readonly secret: string;
  /** Milliseconds by which its clock is ahead. */
  readonly ahead?: number;
  readonly relay?: string;
  /** Peers that it relays to. */
  readonly peers?: readonly string[];
  /** Whether relays are there for anybody. */
  readonly isFree?: boolean;
  readonly isSilent?: boolean;
  /** The error that every allocation is answered with. */
  readonly error?: readonly [code: number, reason: string];
  /** What is sent before each answer. */
  readonly noise?: Buffer;
}

/** The other end of STUN and TURN, over UDP and TCP on one port of loopback. */
export class TestTurnServer {
  port = 0;
  /** Relays that were allocated, and not given back. */
  relays = 0;
  /** Names that have shown the right password, in their order. */
  readonly usernames: string[] = [];
  readonly #manners: TurnManners;
  readonly #udp = createSocket('udp4');
  readonly #tcp = createServer((socket) => this.#serve(socket));

  private constructor(manners: TurnManners) {
    this.#manners = manners;
  }

  static async started(manners: TurnManners): Promise<TestTurnServer> {
    const server = new TestTurnServer(manners);
    server.#udp.on('message', (bytes, from) => server.#hear(bytes, from));
    // TCP first: of its ports more are taken.
    server.#tcp.listen(0, '127.0.0.1');
    await once(server.#tcp, 'listening');
    server.port = (server.#tcp.address() as AddressInfo).port;
    server.#udp.bind(server.port, '127.0.0.1');
    await once(server.#udp, 'listening');
    return server;
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
  }

  #hear(bytes: Buffer, { address, port }: RemoteInfo): void {
    for (const answer of this.#answers(bytes, [address, port]))
      this.#udp.send(answer, port, address);
  }

  #serve(socket: Socket): void {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt16BE(2)) {
        const length = HEADER + rest.readUInt16BE(2);
        const from = [socket.remoteAddress ?? '', socket.remotePort ?? 0] as const;
        for (const answer of this.#answers(rest.subarray(0, length), from)) socket.write(answer);
        rest = rest.subarray(length);
      }
    });
  }

  #answers(bytes: Buffer, from: readonly [string, number]): Buffer[] {
    const request = parseMessage(bytes);
    if (!request || this.#manners.isSilent) return [];
    const { noise } = this.#manners;
    const answer = this.#answer(bytes, request, from);
    return noise ? [noise, answer] : [answer];
  }

  #answer(bytes: Buffer, request: Message, from: readonly [string, number]): Buffer {
    if (request.messageMethod === methods.BINDING) {
      return made(request, classes.RESPONSE).setAttribute('XOR-MAPPED-ADDRESS', from).bytes;
    }
    if (this.#manners.isFree) return this.#grant(request).bytes;
    const username = request.getAttributeValue('USERNAME');
    if (username === undefined) return challenge(request).bytes;
    const password = createHmac('sha1', this.#manners.secret).update(username).digest('base64');
    const key = createHash('md5').update(`${username}:${REALM}:${password}`).digest();
    const now = Date.now() + (this.#manners.ahead ?? 0);
    const isGood = parseMessage(bytes, key) && Number.parseInt(username, 10) * 1_000 > now;
    if (!isGood) return challenge(request).bytes;
    this.usernames.push(username);
    return this.#grant(request).addMessageIntegrity(key).addFingerprint().bytes;
  }

  #grant(request: Message): Message {
    const { relay = '203.0.113.5', peers = [], error } = this.#manners;
    switch (request.messageMethod) {
      case methods.ALLOCATE: {
        if (error) return refusal(request, error);
        this.relays++;
        return made(request, classes.RESPONSE).setAttribute('XOR-RELAYED-ADDRESS', [relay, 49_152]);
      }
      case methods.CREATE_PERMISSION: {
        const [peer] = request.getAttributeValue('XOR-PEER-ADDRESS');
        const isDenied = !peers.includes(peer);
        return isDenied ? refusal(request, [403, 'Forbidden']) : made(request, classes.RESPONSE);
      }
      default: {
        if (request.getAttributeValue('LIFETIME') === 0) this.relays--;
        return made(request, classes.RESPONSE);
      }
    }
  }
}

function made(request: Message, kind: classes): Message {
  return new Message(request.messageMethod, kind, request.transactionId);
}

function refusal(request: Message, error: readonly [number, string]): Message {
  return made(request, classes.ERROR).setAttribute('ERROR-CODE', error);
}

function challenge(request: Message): Message {
  const refused = refusal(request, [401, 'Unauthorized']);
  return refused.setAttribute('REALM', REALM).setAttribute('NONCE', NONCE);
}
