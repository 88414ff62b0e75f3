import { Deadlines } from '../../src/lib/deadlines.ts';
import { silentLog } from '../../src/lib/log.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import type { ChannelBindings } from '../../src/stream/connection.ts';
import type { FailureThrottle } from '../../src/stream/ports.ts';
import type { Hashing } from '../../src/stream/sasl/hashing.ts';
import { connectMemory, type MemoryPeer } from '../../src/transports/memory.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { BEFORE_LOGIN, PASSWORD, StubHost, StubHosts } from './stub-host.ts';

/** Real milliseconds after which a test gives up to wait. */
const PATIENCE = 3000;

export interface World {
  readonly clock: ManualClock;
  readonly host: StubHost;
  connect(options?: {
    remoteAddress?: string;
    queueLimit?: number;
    channelBindings?: ChannelBindings;
    certifiedAddresses?: readonly string[];
  }): Talk;
}

/** A server with `example.com`, where Juliet has an account, `example.net` and a service. */
export async function makeWorld(
  options: { clock?: ManualClock; hashing?: Hashing; throttle?: FailureThrottle } = {},
): Promise<World> {
  const { clock = new ManualClock(), ...parts } = options;
  const deadlines = new Deadlines(clock);
  const host = new StubHost('example.com');
  await host.addAccount('juliet');
  const others = [new StubHost('example.net'), new StubHost('rooms.example.com', false)];
  const hosts = new StubHosts(host, ...others);
  const makeStream = clientStreams({
    hosts,
    deadlines,
    log: silentLog,
    ...parts,
  });
  return {
    clock,
    host,
    connect: (options = {}) => {
      const given = { deadlines, limits: BEFORE_LOGIN, remoteAddress: '127.0.0.1', ...options };
      return new Talk(connectMemory(makeStream, given));
    },
  };
}

export const HEADER =
  "<?xml version='1.0'?><stream:stream to='example.com' version='1.0' xml:lang='de'" +
  " xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

export const sasl = (name: string, text = '', attributes = '') =>
  `<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'${attributes}>${text}</${name}>`;

export const base64 = (text: string) => Buffer.from(text).toString('base64');

export const plainAuth = (message = `\0juliet\0${PASSWORD}`) =>
  sasl('auth', base64(message), " mechanism='PLAIN'");

export const bindRequest = (resource = 'balcony') =>
  `<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>` +
  `<resource>${resource}</resource></bind></iq>`;

export const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/** A client's side of a conversation. */
export class Talk {
  readonly peer: MemoryPeer;
  /** Everything that has come. */
  transcript = '';
  #unread = '';
  #look: () => void = () => {};

  constructor(peer: MemoryPeer) {
    this.peer = peer;
    peer.onText = (text) => {
      this.transcript += text;
      this.#unread += text;
      this.#look();
    };
    peer.onEnd = () => this.#look();
  }

  says(...text: string[]): this {
    this.peer.write(text.join(''));
    return this;
  }

  /** Waits for the text and takes everything up to its end; returns what was taken. */
  async hears(wanted: string | RegExp): Promise<string> {
    await this.#until(() => this.#find(wanted) !== null, `to hear ${wanted}`);
    const end = this.#find(wanted)!;
    const taken = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end);
    return taken;
  }

  /** Waits until the server has ended its side; returns all that came before, unread. */
  async hearsTheEnd(): Promise<string> {
    await this.#until(() => this.peer.hasEnded, 'to hear the end');
    return this.#unread;
  }

  /** Waits for a stream error and the end. */
  async hearsError(condition: string): Promise<string> {
    const text = await this.hearsTheEnd();
    const error = `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>`;
    if (!text.includes(error) || !text.endsWith('</stream:error></stream:stream>')) {
      throw new Error(`no stream error ${condition} but: ${text}`);
    }
    return text;
  }

  async opens(header = HEADER): Promise<string> {
    this.says(header);
    return this.hears('</stream:features>');
  }

  /** Over TLS, up to the features that follow it; returns those. */
  async opensSecurely(header = HEADER): Promise<string> {
    await this.opens();
    await this.says(STARTTLS).hears('<proceed');
    return this.opens(header);
  }

  async signsIn(): Promise<void> {
    await this.opens();
    this.says(plainAuth());
    await this.hears('<success');
    await this.opens();
  }

  async binds(): Promise<void> {
    await this.signsIn();
    this.says(bindRequest());
    await this.hears('</iq>');
  }

  #find(wanted: string | RegExp): number | null {
    if (typeof wanted === 'string') {
      const index = this.#unread.indexOf(wanted);
      return index < 0 ? null : index + wanted.length;
    }
    const match = wanted.exec(this.#unread);
    return match && match.index + match[0].length;
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    if (isThere()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`waited ${what}; came: ${this.transcript}`)),
      PATIENCE,
    );
    this.#look = () => isThere() && resolve();
    await promise.finally(() => clearTimeout(timer));
  }
}
