/**
 * What it costs to keep sessions whose connections are lost (XEP-0198 §5), and to go on
 * with one: memory of each while it waits, and CPU from `<resume/>` to the last stanza
 * that the client had not got. Signing in is not counted.
 *
 *     node bench/micro/resumption.ts
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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
import type { ScramKeys } from '../../src/stream/ports.ts';
import { connectMemory, type MemoryPeer } from '../../src/transports/memory.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import { makeStanza } from '../../src/xmpp/stanza.ts';

const SESSIONS = Number(process.argv[2] ?? 10_000);
const ROUNDS = 5;
/** Messages for each that come while it waits. */
const MISSED = 5;
const HEADER =
  "<stream:stream xmlns='jabber:client' to='localhost' version='1.0'" +
  " xmlns:stream='http://etherx.jabber.org/streams'>";

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** One client, which remembers what it hears while it waits for something. */
class Client {
  readonly name: string;
  id = '';
  #peer: MemoryPeer | null = null;
  #heard = '';
  #waiting: { text: string; done: () => void } | null = null;

  constructor(name: string) {
    this.name = name;
  }

  async signIn(): Promise<void> {
    const peer = connectMemory(onConnection, { deadlines, limits, remoteAddress: '127.0.0.1' });
    this.#peer = peer;
    peer.onText = (text) => this.#hear(text);
    const credentials = Buffer.from(`\0${this.name}\0secret`).toString('base64');
    const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
    await this.says(HEADER, '</stream:features>');
    await this.says(`${auth}${credentials}</auth>`, '<success');
    await this.says(HEADER, '</stream:features>');
  }

  async begin(): Promise<void> {
    const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind>";
    await this.signIn();
    await this.says(`<iq type='set' id='b'>${bind}</iq>`, '</iq>');
    await this.says("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>", '<iq');
    const heard = await this.says(
      "<presence/><enable xmlns='urn:xmpp:sm:3' resume='true'/>",
      '<enabled',
    );
    this.id = /<enabled[^>]* id="([^"]+)"/.exec(heard)![1]!;
  }

  async resume(): Promise<void> {
    const last = `id='${MISSED - 1}'`;
    await this.says(`<resume xmlns='urn:xmpp:sm:3' previd='${this.id}' h='1'/>`, last);
  }

  /** What has come when `answer` has. */
  async says(text: string, answer: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#heard = '';
    this.#waiting = { text: answer, done: resolve };
    this.#peer!.write(text);
    await promise;
    return this.#heard;
  }

  vanish(): void {
    this.#peer!.destroy();
    this.#heard = '';
    this.#peer = null;
  }

  #hear(text: string): void {
    if (!this.#waiting) return;
    this.#heard += text;
    if (!this.#heard.includes(this.#waiting.text)) return;
    const { done } = this.#waiting;
    this.#waiting = null;
    done();
  }
}

async function createAccounts(storage: Storage, names: readonly string[]): Promise<void> {
  const salt = Buffer.alloc(16);
  const salted = pbkdf2Sync('secret', salt, 1, 20, 'sha1');
  const keyed = (text: string) => createHmac('sha1', salted).update(text).digest();
  const storedKey = createHash('sha1').update(keyed('Client Key')).digest();
  const serverKey = keyed('Server Key');
  const keys: ScramKeys = { hash: 'SHA-1', salt, iterations: 1, storedKey, serverKey };
  const blank = { nickname: null, isDisabled: false, created: 0, lastLogin: null };
  await Promise.all(
    names.map((name) => {
      const owner = `${name}@localhost`;
      return storage.users.create({ owner, ...blank, imported: null, source: null }, [keys]);
    }),
  );
}

/** Bytes in use, after everything that is not has been collected. */
async function memory(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    collect();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function missMessages(server: Server, clients: readonly Client[]): Promise<void> {
  const host = server.find('localhost')!.host;
  for (const { name } of clients) {
    const to = Jid.parse(`${name}@localhost/r`);
    for (let id = 0; id < MISSED; id++) {
      host.send(makeStanza('message', { type: 'headline', id: String(id), from: host.jid, to }));
    }
  }
  await nextTurn();
}

const limits = { bytes: 65_536, tagBytes: 65_536, depth: 64, elements: 1000, attributes: 64 };
const text = `hosts: { localhost: {} }
signIn: { allowPlainOnLoopback: true, mechanisms: [PLAIN] }
limits: { connectionsPerAddress: 1000000 }
modules: { stream-management: { hold: 1h } }
`;
const place = mkdtempSync(join(tmpdir(), 'epode-bench-'));
const config = parseConfig(join(place, 'epode.yaml'), text, builtinModules);
const deadlines = new Deadlines(systemClock);
const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
const server = new Server(config.hosts, {
  storage,
  directory: new LocalDirectory(),
  clock: systemClock,
  log,
  openSource,
  modules: builtinModules,
});
const names = Array.from({ length: SESSIONS }, (_, n) => `u${n}`);
await createAccounts(storage, names);
const live = await LiveHosts.open(config, { server, storage, clock: systemClock, log });
const onConnection = clientStreams({ hosts: live.streamHosts, deadlines, log });
try {
  const clients = names.map((name) => new Client(name));
  const before = await memory();
  for (const client of clients) await client.begin();
  for (const client of clients) client.vanish();
  const each = ((await memory()) - before) / SESSIONS;
  console.log(`a session that waits: ${(each / 1024).toFixed(2)} KiB`);
  const sample = clients.slice(0, 1000);
  for (let round = 0; round < ROUNDS; round++) {
    await missMessages(server, sample);
    for (const client of sample) await client.signIn();
    const start = process.cpuUsage();
    for (const client of sample) await client.resume();
    const { user, system } = process.cpuUsage(start);
    console.log(
      `a resumption with ${MISSED} stanzas: ${Math.round((user + system) / sample.length)} us`,
    );
    for (const client of sample) client.vanish();
  }
} finally {
  await storage.close();
  rmSync(place, { recursive: true });
}
process.exit();
