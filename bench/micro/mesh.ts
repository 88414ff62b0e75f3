/**
 * What presence costs while users who all see each other come and go, from their
 * bytes to the outgoing bytes, without sign-in and kernel: the roster from the
 * disk, probes, broadcasts, and farewells of those who are away.
 *
 *     node bench/micro/mesh.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
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
import { putContacts } from '../rivals/epode-rosters.ts';

const USERS = 200;
const ROUNDS = 25;
/** Until the farewells of a round are on disk: those who come sooner wait for them. */
const SETTLE_MS = 1_500;
const NAMES = Array.from({ length: USERS }, (_, n) => `u${n}`);
const HEADER = "<stream:stream xmlns='jabber:client' xmlns:stream='urn:s'>";
const GREETING = "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>";

const out = Buffer.alloc(1 << 20);
let presences = 0;

/** Writes where a connection's queue would. */
const wire: SessionWire = {
  remoteAddress: '::1',
  isSecure: false,
  mayShowPassword: false,
  transport: 'memory',
  queuedBytes: 0,
  lang: '',
  contentXmlns: '',
  send() {},
  sendParts(head, rest) {
    out.set(rest, out.write(head, 0));
    if (head.startsWith('<presence')) presences++;
  },
  pause() {},
  resume() {},
  close() {},
  leave() {},
};

async function createAccounts(storage: Storage): Promise<void> {
  const blank = {
    nickname: null,
    isDisabled: false,
    created: 0,
    lastLogin: null,
    imported: null,
    source: null,
  };
  for (const name of NAMES) {
    const owner = `${name}@localhost`;
    await storage.users.create({ owner, ...blank }, []);
    const others = NAMES.filter((other) => other !== name).map((other) => `${other}@localhost`);
    await putContacts(storage, owner, others);
  }
}

async function signIn(server: Server, name: string): Promise<Session> {
  const session = await server.find('localhost')!.binder.bind(name, 'phone', wire);
  const onError = (error: Error) => {
    throw error;
  };
  const onFrame = session.receive.bind(session);
  const handler = { onHeader() {}, onFrame, onFooter() {}, onError };
  const parser = new XmlStreamParser(handler, config.hosts[0]!.policy.afterLogin);
  parser.write(Buffer.from(HEADER));
  parser.write(Buffer.from(GREETING));
  await nextTurn();
  return session;
}

/** Milliseconds of CPU of the coming and of the going of everybody. */
async function round(
  server: Server,
): Promise<{ coming: number; going: number; presences: number }> {
  const sessions: Session[] = [];
  presences = 0;
  const start = process.cpuUsage();
  for (const name of NAMES) sessions.push(await signIn(server, name));
  const coming = process.cpuUsage(start);
  const seen = presences;
  const middle = process.cpuUsage();
  for (const session of sessions) session.ended(true);
  await nextTurn();
  const going = process.cpuUsage(middle);
  const ms = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000;
  return { coming: ms(coming), going: ms(going), presences: seen };
}

const config = parseConfig('/epode.yaml', 'hosts: { localhost: {} }', builtinModules);
const place = mkdtempSync(join(tmpdir(), 'epode-bench-'));
try {
  const storage = await openStorage({ directory: join(place, 'data'), log, mode: 'thread' });
  const deps = {
    storage,
    directory: new LocalDirectory(),
    clock: systemClock,
    log,
    openSource,
    modules: builtinModules,
  };
  const server = new Server(config.hosts, deps);
  await createAccounts(storage);
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    rounds.push(await round(server));
    await delay(SETTLE_MS);
  }
  const settled = rounds.slice(-10).sort((a, b) => a.coming - b.coming);
  console.log(`${USERS} users, ${rounds[0]!.presences} presences written as they come`);
  console.log(`first round      ${rounds[0]!.coming.toFixed(0)} ms`);
  console.log(`second round     ${rounds[1]!.coming.toFixed(0)} ms`);
  console.log(`settled, fastest ${settled[0]!.coming.toFixed(0)} ms`);
  console.log(`settled, median  ${settled[5]!.coming.toFixed(0)} ms`);
  console.log(`going, median    ${settled[5]!.going.toFixed(0)} ms`);
  await storage.close();
} finally {
  rmSync(place, { recursive: true });
}
