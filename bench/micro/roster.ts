/**
 * What a roster costs: the time to read a large one from the disk, by itself and to answer a
 * client, and the memory of those that are loaded.
 *
 *     node bench/micro/roster.ts [directory on the disk to measure]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { builtinModules } from '../../src/builtin-modules.ts';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { Server } from '../../src/server/server.ts';
import type { Session } from '../../src/server/session.ts';
import { openSource } from '../../src/sources/open.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import type { SessionWire } from '../../src/stream/ports.ts';
import { XmlStreamParser } from '../../src/xml/stream-parser.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import { putContacts } from '../rivals/epode-rosters.ts';

const LARGE = { accounts: 100, contacts: 1000 };
const USUAL = { accounts: 300, contacts: 100 };
/** More addresses than the cache of parsed ones takes. */
const MANY_ADDRESSES = 200_000;
const GET = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>";

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function say(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(58)} ${figure.toFixed(2).padStart(9)} ${unit}`);
}

/** The fastest too: what the machine does besides only ever adds. */
function sayTimes(what: string, times: number[]): void {
  times.sort((a, b) => a - b);
  say(`${what}, fastest`, times[0]!, 'ms');
  say(`${what}, median`, times[times.length >> 1]!, 'ms');
}

async function createAccounts(storage: Storage, prefix: string, size: typeof LARGE) {
  const names = Array.from({ length: size.accounts }, (_, n) => `${prefix}${n}`);
  for (const name of names) {
    const owner = `${name}@localhost`;
    const blank = {
      nickname: null,
      isDisabled: false,
      created: 0,
      lastLogin: null,
      imported: null,
      source: null,
    };
    await storage.users.create({ owner, ...blank }, []);
    // Nobody is in two rosters, so that no address is shared.
    const contacts = Array.from({ length: size.contacts }, (_, i) => `${i}-of-${name}@capulet.lit`);
    await putContacts(storage, owner, contacts);
  }
  return names;
}

/** Writes nowhere, and tells when an answer to `GET` comes by. */
class Wire implements SessionWire {
  readonly remoteAddress = '::1';
  readonly isSecure = false;
  readonly mayShowPassword = false;
  readonly transport = 'memory';
  readonly queuedBytes = 0;
  readonly lang = '';
  readonly contentXmlns = '';
  answers = 0;
  send(): void {}
  sendParts(head: string): void {
    if (head.includes("id='roster'")) this.answers++;
  }
  pause(): void {}
  resume(): void {}
  close(): void {}

  leave(): void {}
}

class Client {
  readonly session: Session;
  readonly #wire: Wire;
  readonly #parser: XmlStreamParser;

  static async signIn(server: Server, name: string): Promise<Client> {
    const wire = new Wire();
    return new Client(await server.find('localhost')!.binder.bind(name, 'phone', wire), wire);
  }

  private constructor(session: Session, wire: Wire) {
    this.session = session;
    this.#wire = wire;
    const fail = (error: Error) => {
      throw error;
    };
    const onFrame = session.receive.bind(session);
    const handler = { onHeader() {}, onFrame, onFooter() {}, onError: fail };
    this.#parser = new XmlStreamParser(handler, config.hosts[0]!.policy.afterLogin);
    this.send("<stream:stream xmlns='jabber:client' xmlns:stream='urn:s'>");
  }

  send(xml: string): void {
    this.#parser.write(Buffer.from(xml));
  }

  /** Asks for the roster; returns the milliseconds until the answer is written. */
  async getRoster(): Promise<number> {
    const start = performance.now();
    const wanted = this.#wire.answers + 1;
    this.send(GET);
    while (this.#wire.answers < wanted) await nextTurn();
    return performance.now() - start;
  }
}

async function timeLoads(storage: Storage, server: Server): Promise<void> {
  const names = await createAccounts(storage, 'large', LARGE);
  const what = `a roster of ${LARGE.contacts}`;
  const loads: number[] = [];
  for (const name of names) {
    const start = performance.now();
    await storage.rosters.load(`${name}@localhost`);
    loads.push(performance.now() - start);
  }
  sayTimes(`load ${what} from the disk`, loads);
  const [first, again]: [number[], number[]] = [[], []];
  for (const name of names) {
    const client = await Client.signIn(server, name);
    first.push(await client.getRoster());
    again.push(await client.getRoster());
    client.session.ended(true);
  }
  sayTimes(`answer with ${what}, not in memory`, first);
  sayTimes(`answer with ${what}, in memory`, again);
}

/** Bytes in the heap that are in use. */
async function heap(): Promise<number> {
  // What ended in this turn is let go of in the next ones.
  for (let turn = 0; turn < 4; turn++) {
    await nextTurn();
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** How the heap grows while everybody has signed in, and by the time that all have left again. */
async function growth(server: Server, names: readonly string[]) {
  const before = await heap();
  const clients: Client[] = [];
  for (const name of names) {
    const client = await Client.signIn(server, name);
    await client.getRoster();
    client.send('<presence/>');
    clients.push(client);
  }
  const during = (await heap()) - before;
  for (const { session } of clients.splice(0)) session.ended(true);
  return { during, after: (await heap()) - before };
}

/** The same sessions with and without contacts: the difference is what the rosters take. */
async function weighRosters(storage: Storage, server: Server): Promise<void> {
  const { accounts, contacts } = USUAL;
  const without = await createAccounts(storage, 'lonely', { accounts, contacts: 0 });
  const having = await createAccounts(storage, 'usual', USUAL);
  for (let i = 0; i < MANY_ADDRESSES; i++) Jid.parse(`${i}@filling.the.cache`);
  // What the first sessions leave behind for good is no roster.
  for (let round = 0; round < 2; round++) await growth(server, without);
  const empty = await growth(server, without);
  const full = await growth(server, having);
  const each = (bytes: number) => bytes / (accounts * contacts);
  const during = each(full.during - empty.during);
  say('memory of a contact while the account is signed in', during, 'bytes');
  say('memory of 100 contacts while the account is signed in', (during * 100) / 1024, 'KiB');
  say('memory of a contact after everybody has left', each(full.after), 'bytes');
}

const config = parseConfig('/epode.yaml', 'hosts: { localhost: {} }', builtinModules);
const root = process.argv[2] ?? tmpdir();
mkdirSync(root, { recursive: true });
const place = mkdtempSync(join(root, 'epode-bench-'));
try {
  const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
  const directory = new LocalDirectory();
  const deps = { storage, directory, clock: systemClock, log, openSource, modules: builtinModules };
  const server = new Server(config.hosts, deps);
  await timeLoads(storage, server);
  await weighRosters(storage, server);
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
