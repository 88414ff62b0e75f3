import { createHash } from 'node:crypto';
import { classes, Message, methods, parseMessage } from 'werift-ice';
import { openTurnWire, type TurnPlace, type TurnWire } from './turn-wire.ts';

/** Milliseconds between one try and the next over UDP (RFC 8489 §6.2.1), of which there are four. */
const PAUSES = [500, 1_000, 2_000, 1_500];
/** The protocol number of UDP, as REQUESTED-TRANSPORT has it (RFC 8656 §18.7). */
const UDP = 17 << 24;
/** Seconds that a relay is asked for; it is given back long before. */
const LIFETIME = 60;

export interface TurnCredentials {
  readonly username: string;
  readonly password: string;
}

/** A relay that a TURN server has given. */
export interface Relay {
  /** `192.0.2.1`, where others send what is for the client. */
  readonly address: string;
  readonly port: number;
  /** Whether nobody had to sign in for it. */
  readonly isFree: boolean;
}

/** A STUN or TURN server has answered a request with an error (RFC 8489 §14.8). */
export class TurnError extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(`${code} ${reason}`.trim());
    this.code = code;
  }
}

/** No answer has come, though the way there is open. */
export class TurnSilence extends Error {
  constructor() {
    super('it does not answer');
  }
}

type Attributes = Parameters<Message['setAttribute']>[];

/** What a challenge has told (RFC 8489 §9.2.4). */
interface Challenge {
  readonly realm: string;
  readonly nonce: Buffer;
}

/**
 * The client's end of STUN (RFC 8489) and TURN (RFC 8656), for programs that look whether a
 * server is well: one request at a time, and a relay that nothing is sent through.
 */
export class TurnClient {
  readonly #credentials: TurnCredentials | null;
  #wire!: TurnWire;
  #challenge: Challenge | null = null;
  #hasRelay = false;
  #heard: (message: Buffer) => void = () => {};
  #failed: (error: Error) => void = () => {};
  #fault: Error | null = null;

  /** Rejects with the system's errors. */
  static async connect(
    place: TurnPlace,
    credentials: TurnCredentials | null = null,
  ): Promise<TurnClient> {
    const client = new TurnClient(credentials);
    client.#wire = await openTurnWire(place, {
      onMessage: (message) => client.#heard(message),
      onError: (error) => {
        client.#fault ??= error;
        client.#failed(error);
      },
    });
    return client;
  }

  private constructor(credentials: TurnCredentials | null) {
    this.#credentials = credentials;
  }

  get certificateFault(): string | null {
    return this.#wire.certificateFault;
  }

  /** The address that the client has for others (RFC 8489 §7.3.1); throws as `#request`. */
  async bind(): Promise<string> {
    const answer = await this.#request(methods.BINDING, []);
    return addressIn(answer, 'XOR-MAPPED-ADDRESS').address;
  }

  /** Has a relay allocated (RFC 8656 §7); throws as `#request`. */
  async allocate(): Promise<Relay> {
    const answer = await this.#request(methods.ALLOCATE, [
      ['REQUESTED-TRANSPORT', UDP],
      ['LIFETIME', LIFETIME],
    ]);
    this.#hasRelay = true;
    return { ...addressIn(answer, 'XOR-RELAYED-ADDRESS'), isFree: this.#challenge === null };
  }

  /** Whether the relay would pass on what comes from that IP address, and goes there (RFC 8656 §9). */
  async permits(peer: string): Promise<boolean> {
    try {
      await this.#request(methods.CREATE_PERMISSION, [['XOR-PEER-ADDRESS', [peer, 9]]]);
      return true;
    } catch (error) {
      if (error instanceof TurnError) return false;
      throw error;
    }
  }

  /** Gives the relay back (RFC 8656 §8), whatever comes of it. */
  async close(): Promise<void> {
    if (this.#hasRelay && !this.#fault) {
      await this.#request(methods.REFRESH, [['LIFETIME', 0]]).catch(() => {});
    }
    this.#wire.close();
  }

  /**
   * Asks, and once more with what a challenge has told. Throws `TurnError` for an answer that
   * is one, `TurnSilence` where there is none, and the system's errors.
   */
  async #request(method: methods, attributes: Attributes): Promise<Message> {
    const first = await this.#ask(this.#made(method, attributes));
    const challenge = this.#credentials && challengeIn(first);
    if (!challenge) return successOf(first);
    this.#challenge = challenge;
    return successOf(await this.#ask(this.#made(method, attributes)));
  }

  #made(method: methods, attributes: Attributes): Message {
    const message = new Message(method, classes.REQUEST);
    for (const [name, value] of attributes) message.setAttribute(name, value);
    const key = this.#key;
    if (!key || !this.#credentials || !this.#challenge) return message.addFingerprint();
    message.setAttribute('USERNAME', this.#credentials.username);
    message.setAttribute('REALM', this.#challenge.realm);
    message.setAttribute('NONCE', this.#challenge.nonce);
    return message.addMessageIntegrity(key).addFingerprint();
  }

  /** RFC 8489 §9.2.2. */
  get #key(): Buffer | null {
    if (!this.#credentials || !this.#challenge) return null;
    const { username, password } = this.#credentials;
    return createHash('md5').update(`${username}:${this.#challenge.realm}:${password}`).digest();
  }

  /** Sends until an answer has come: over UDP again and again. */
  async #ask(request: Message): Promise<Message> {
    const answer = this.#answerTo(request);
    const { bytes } = request;
    for (const [tries, pause] of PAUSES.entries()) {
      if (tries === 0 || !this.#wire.isReliable) this.#wire.send(bytes);
      const found = await Promise.race([answer, sleep(pause)]);
      if (found) return found;
    }
    throw new TurnSilence();
  }

  #answerTo({ transactionIdHex: id }: Message): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    // Whoever waits may have given up.
    promise.catch(() => {});
    if (this.#fault) reject(this.#fault);
    this.#failed = reject;
    this.#heard = (heard) => {
      const message = parseMessage(heard);
      if (message?.transactionIdHex === id && this.#isGenuine(heard, message)) resolve(message);
    };
    return promise;
  }

  /** What is signed is signed rightly; errors need not be (RFC 8489 §9.2.5). */
  #isGenuine(bytes: Buffer, message: Message): boolean {
    if (message.messageClass === classes.ERROR) return true;
    const key = this.#key;
    return (
      message.messageClass === classes.RESPONSE && (!key || parseMessage(bytes, key) !== undefined)
    );
  }
}

/** What a refusal asks for (RFC 8489 §9.2.5), unless it is final. */
function challengeIn(message: Message): Challenge | null {
  const [code] = errorIn(message) ?? [];
  const realm: unknown = message.getAttributeValue('REALM');
  const nonce: unknown = message.getAttributeValue('NONCE');
  if (code !== 401 && code !== 438) return null;
  return typeof realm === 'string' && Buffer.isBuffer(nonce) ? { realm, nonce } : null;
}

function successOf(message: Message): Message {
  const error = errorIn(message);
  if (error) throw new TurnError(...error);
  return message;
}

function errorIn(message: Message): [code: number, reason: string] | null {
  if (message.messageClass !== classes.ERROR) return null;
  const [code = 0, reason = ''] = message.getAttributeValue('ERROR-CODE') ?? [];
  return [Number(code), String(reason)];
}

function addressIn(
  message: Message,
  name: 'XOR-MAPPED-ADDRESS' | 'XOR-RELAYED-ADDRESS',
): { address: string; port: number } {
  const [address, port] = message.getAttributeValue(name) ?? [];
  if (typeof address !== 'string') throw new TurnError(0, `the answer has no ${name}`);
  return { address, port: Number(port) };
}

function sleep(milliseconds: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, null));
}
