/**
 * How long a message takes that is stored for both sides before anybody hears of it: until
 * its recipient has it, and until its sender is told that the server does (XEP-0198 §4).
 * A real server with its shipped configuration, over TCP, at a fixed rate.
 *
 *     npm run build && node bench/micro/acknowledged.ts [messages a second]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { epode } from '../rivals/epode.ts';
import type { Command, Place } from '../rivals/server.ts';

const RATE = Number(process.argv[2] ?? 2_000);
const PAIRS = 50;
const WARM_UP_S = 15;
const SECONDS = 15;
/** Milliseconds between two looks at what is due. */
const TICK = 1;
const PORT = 15_222;
const DOMAIN = 'localhost';
const BODY = 'x'.repeat(120);
const SM = 'urn:xmpp:sm:3';
const HEADER = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${DOMAIN}' version='1.0'>`;

let isMeasuring = false;
const delivered: number[] = [];
const acknowledged: number[] = [];

/** One end of a pair: sends what is due, and notes when it arrives. */
class Client {
  readonly name: string;
  readonly #socket: Socket;
  #text = '';
  #wanted: { text: string; done: () => void } | null = null;
  /** When those were due that are not acknowledged; the first is the `#acked + 1`st stanza. */
  readonly #due: number[] = [];
  /** What it had sent before its first message: its presence. */
  #acked = 1;

  constructor(name: string) {
    this.name = name;
    this.#socket = connect({ port: PORT, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#hear(text));
  }

  async signIn(): Promise<void> {
    const credentials = Buffer.from(`\0${this.name}\0secret`).toString('base64');
    const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
    await this.#says(HEADER, '</stream:features>');
    await this.#says(`${auth}${credentials}</auth>`, '<success');
    await this.#says(HEADER, '</stream:features>');
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>";
    await this.#says(`<iq type='set' id='b'>${bind}</iq>`, '</iq>');
    await this.#says(`<enable xmlns='${SM}'/>`, '<enabled');
    await this.#says('<presence/>', '</presence>');
  }

  send(to: string, due: number): void {
    this.#due.push(due);
    const address = `${to}@${DOMAIN}`;
    const message = `<message to='${address}' type='chat' id='${due.toFixed(3)}'><body>${BODY}</body></message>`;
    this.#socket.write(`${message}<r xmlns='${SM}'/>`);
  }

  end(): void {
    this.#socket.destroy();
  }

  async #says(text: string, answer: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { text: answer, done: resolve };
    this.#socket.write(text);
    await promise;
  }

  #hear(text: string): void {
    this.#text += text;
    if (this.#wanted) {
      if (!this.#text.includes(this.#wanted.text)) return;
      this.#text = '';
      const { done } = this.#wanted;
      this.#wanted = null;
      done();
      return;
    }
    const now = performance.now();
    const end = this.#text.lastIndexOf('>') + 1;
    for (const [, id, h] of this.#text
      .slice(0, end)
      .matchAll(/ id='(\d+\.\d+)'|<a [^>]*h="(\d+)"/g)) {
      if (id !== undefined) this.#note(delivered, now - Number(id));
      else this.#takeAck(Number(h), now);
    }
    this.#text = this.#text.slice(end);
  }

  #takeAck(h: number, now: number): void {
    while (this.#acked < h && this.#due.length > 0) {
      this.#acked++;
      this.#note(acknowledged, now - this.#due.shift()!);
    }
  }

  #note(times: number[], time: number): void {
    if (isMeasuring) times.push(time);
  }
}

async function run({ argv: [program, ...args] }: Command): Promise<string> {
  const child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await new Promise((resolve) => child.once('close', resolve));
  return '';
}

/** Sends at the rate until `until`, each message when it is due. */
async function sendUntil(clients: readonly Client[], from: number, until: number): Promise<void> {
  const interval = 1000 / RATE;
  let due = from;
  for (let n = 0; due < until; ) {
    const now = performance.now();
    for (; due <= now; n++, due += interval) {
      const pair = n % PAIRS;
      clients[2 * pair]!.send(clients[2 * pair + 1]!.name, due);
    }
    await delay(TICK);
  }
}

function report(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]!.toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${sorted.length} messages`);
}

const directory = await mkdtemp(join(tmpdir(), 'epode-bench-'));
const accounts = {
  count: 2 * PAIRS,
  prefix: 'u',
  domain: DOMAIN,
  password: 'secret',
  areContacts: false,
  stored: 'keys',
  hash: 'SHA-1',
} as const;
const place: Place = {
  directory,
  port: PORT,
  accounts,
  modules: 'needed',
  archive: true,
  resumption: false,
  tls: null,
  metricsPort: null,
  webPort: null,
  transport: 'tcp',
};
await epode.prepare(place, run);
const { argv } = epode.command(place);
const server = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
const ended = new Promise((resolve) => server.once('close', resolve));
try {
  await new Promise<void>((resolve) => {
    server.stderr.on('data', (chunk) => {
      if (String(chunk).includes('is running')) resolve();
    });
  });
  const clients = Array.from({ length: 2 * PAIRS }, (_, n) => new Client(`u${n}`));
  for (const client of clients) await client.signIn();
  const start = performance.now();
  const middle = start + WARM_UP_S * 1_000;
  await sendUntil(clients, start, middle);
  isMeasuring = true;
  await sendUntil(clients, middle, middle + SECONDS * 1_000);
  isMeasuring = false;
  report('delivered', delivered);
  report('acknowledged', acknowledged);
  for (const client of clients) client.end();
} finally {
  server.kill('SIGTERM');
  await ended;
  await rm(directory, { recursive: true });
}
