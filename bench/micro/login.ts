/**
 * What a login costs in each of its steps, from the client's bytes to the outgoing bytes, without
 * the kernel: SCRAM-SHA-1, a resource, the roster, initial presence, and the end of the stream.
 * The store is on disk, and has an account for each login of a round.
 *
 *     node bench/micro/login.ts
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { builtinModules } from '../../src/builtin-modules.ts';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { LiveHosts } from '../../src/server/live-hosts.ts';
import { Server } from '../../src/server/server.ts';
import { openSource } from '../../src/sources/open.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { clientStreams } from '../../src/stream/client-streams.ts';
import { connectMemory, type MemoryPeer } from '../../src/transports/memory.ts';
import { deriveKeys, ITERATIONS } from '../rivals/scram-keys.ts';

const ACCOUNTS = 2_000;
const TOGETHER = 100;
const ROUNDS = Number(process.argv[2] ?? 12);
const SETTLED = 5;
const PASSWORD = 'secret';
const SALT = Buffer.alloc(16, 's');
const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const HEADER =
  "<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' " +
  "xmlns:stream='http://etherx.jabber.org/streams'>";
const BIND =
  "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>";
const ROSTER = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>";
const PING = "<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

const keyed = (key: Buffer, text: string) => createHmac('sha1', key).update(text).digest();
const salted = pbkdf2Sync(PASSWORD, SALT, ITERATIONS, 20, 'sha1');
const clientKey = keyed(salted, 'Client Key');
const storedKey = createHash('sha1').update(clientKey).digest();
const base64 = (text: string) => Buffer.from(text).toString('base64');

class Client {
  readonly #peer: MemoryPeer;
  readonly #first: string;
  #heard = '';

  constructor(name: string, connect: () => MemoryPeer) {
    this.#peer = connect();
    this.#first = `n=${name},r=nonce-of-the-client`;
    this.#peer.onText = (text) => {
      this.#heard += text;
    };
  }

  readonly steps: readonly (readonly [string, () => string])[] = [
    ['header', () => HEADER],
    ['auth', () => `<auth ${SASL} mechanism='SCRAM-SHA-1'>${base64(`n,,${this.#first}`)}</auth>`],
    ['response', () => this.#proof()],
    ['header again', () => HEADER],
    ['bind', () => BIND],
    ['roster, presence, ping', () => `${ROSTER}<presence/>${PING}`],
    ['end', () => '</stream:stream>'],
  ];

  /** Characters that have come since the last call of `heard`. */
  get length(): number {
    return this.#heard.length;
  }

  /** What has come since the last call. */
  heard(): string {
    const heard = this.#heard;
    this.#heard = '';
    return heard;
  }

  say(text: string): void {
    this.#peer.write(text);
  }

  leave(): void {
    this.#peer.end();
  }

  #proof(): string {
    const challenge = /<challenge[^>]*>([^<]*)</.exec(this.heard())![1]!;
    const serverFirst = Buffer.from(challenge, 'base64').toString();
    const withoutProof = `c=biws,${serverFirst.split(',')[0]}`;
    const signature = keyed(storedKey, `${this.#first},${serverFirst},${withoutProof}`);
    const proof = clientKey.map((byte, n) => byte ^ signature[n]!);
    const final = `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
    return `<response ${SASL}>${base64(final)}</response>`;
  }
}

async function createAccounts(storage: Storage, names: readonly string[]): Promise<void> {
  const keys = (['SHA-1', 'SHA-256', 'SHA-512'] as const).map((hash) => ({
    ...{ hash, salt: SALT, iterations: ITERATIONS },
    ...deriveKeys(PASSWORD, SALT, hash),
  }));
  const blank = { nickname: null, isDisabled: false, created: 0, lastLogin: null };
  const all = names.map((name) => {
    const owner = `${name}@localhost`;
    return storage.users.create({ owner, ...blank, imported: null, source: null }, keys);
  });
  await Promise.all(all);
}

const spent = new Map<string, number>();

/** Adds what `work`, and what it puts off to the next turns, costs each of so many. */
async function timed(name: string, count: number, work: () => void): Promise<void> {
  const start = process.cpuUsage();
  work();
  await nextTurn();
  await nextTurn();
  const { user, system } = process.cpuUsage(start);
  spent.set(name, (spent.get(name) ?? 0) + (user + system) / count);
}

async function logIn(names: readonly string[], connect: () => MemoryPeer): Promise<void> {
  let clients: Client[] = [];
  await timed('connection', ACCOUNTS, () => {
    clients = names.map((name) => new Client(name, connect));
  });
  for (let step = 0; step < clients[0]!.steps.length; step++) {
    const [title] = clients[0]!.steps[step]!;
    const texts = clients.map(({ steps }) => steps[step]![1]());
    const before = clients.map(({ length }) => length);
    await timed(title, ACCOUNTS, () => {
      clients.forEach((client, n) => {
        client.say(texts[n]!);
      });
    });
    // What was put off to a later second is on its way to the disk.
    while (!clients.every(({ length }, n) => length > before[n]!)) await nextTurn();
  }
  const missed = clients.filter((client) => !client.heard().includes("id='p'"));
  if (missed.length > 0) throw new Error(`${missed.length} logins failed`);
  await timed('end', ACCOUNTS, () => {
    for (const client of clients) client.leave();
  });
}

const limits = { bytes: 65_536, tagBytes: 65_536, depth: 64, elements: 1000, attributes: 64 };
const text = `hosts: { localhost: {} }
signIn: { allowPlainOnLoopback: true }
limits: { connectionsPerAddress: 1000000 }
modules: { archive: false }
`;
const place = mkdtempSync(join(tmpdir(), 'epode-bench-'));
const config = parseConfig(join(place, 'epode.yaml'), text, builtinModules);
const deadlines = new Deadlines(systemClock);
const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
const deps = { storage, clock: systemClock, log };
const server = new Server(config.hosts, {
  ...deps,
  ...{ directory: new LocalDirectory(), openSource, modules: builtinModules },
});
const names = Array.from({ length: ACCOUNTS }, (_, n) => `u${n}`);
await createAccounts(storage, names);
const live = await LiveHosts.open(config, { server, ...deps });
const onConnection = clientStreams({ hosts: live.streamHosts, deadlines, log });
const connect = () =>
  connectMemory(onConnection, { deadlines, limits, remoteAddress: '127.0.0.1' });
const sum = () => [...spent.values()].reduce((all, each) => all + each, 0);
try {
  const rounds: (readonly [number, string])[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    spent.clear();
    for (let from = 0; from < ACCOUNTS; from += TOGETHER) {
      await logIn(names.slice(from, from + TOGETHER), connect);
    }
    const steps = [...spent].map(([title, us]) => `${title} ${us.toFixed(0)}`).join(', ');
    rounds.push([sum(), steps]);
  }
  const settled = rounds.slice(-SETTLED).sort(([one], [other]) => one - other);
  const [us, steps] = settled[0]!;
  console.log(`a login, settled, the cheapest round: ${us.toFixed(0)} us of all threads`);
  console.log(steps);
  console.log(`of ${rounds.map(([each]) => each.toFixed(0)).join(', ')}`);
} finally {
  await storage.close();
  rmSync(place, { recursive: true });
}
process.exit();
