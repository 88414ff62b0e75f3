// What the store costs: node bench/micro/storage.ts [directory on the disk to measure]
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog as log } from '../../src/lib/log.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { mutualContact } from '../rivals/epode-rosters.ts';

const OWNERS = 200;
const ROSTER_ITEMS = 50;
const APPENDS = 50_000;
/** Turns that may be on their way to the disk before the sender waits. */
const MAX_OPEN_TURNS = 64;
const STANZA = `<message xmlns='jabber:client' from='juliet@capulet.example/balcony' \
to='romeo@montague.example' type='chat' id='c4b1'><body>${'Wherefore art thou? '.repeat(6)}\
</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>`;

const owner = (n: number) => `user${n % OWNERS}@montague.example`;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

function say(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(58)} ${figure.toFixed(2).padStart(9)} ${unit}`);
}

const cpuNow = () => process.cpuUsage().user + process.cpuUsage().system;

async function fill(storage: Storage): Promise<void> {
  for (let n = 0; n < OWNERS; n++) {
    const plain = {
      nickname: null,
      isDisabled: false,
      created: 0,
      lastLogin: null,
      imported: null,
      source: null,
    };
    await storage.users.create({ owner: owner(n), ...plain }, []);
    for (let i = 0; i < ROSTER_ITEMS; i++) {
      const item = mutualContact(`contact${i}@capulet.example`);
      storage.rosters.put(owner(n), { ...item, name: `Contact ${i}`, groups: ['Verona'] });
    }
  }
  await storage.durability.whenCommitted(storage.durability.latest);
}

/** Appends in turns of `size`, some turns in flight, as a busy server does. */
async function appends(storage: Storage, size: number, count: number): Promise<void> {
  const { durability } = storage;
  let handOver = 0;
  const wall = performance.now();
  const cpu = cpuNow();
  for (let n = 0; n < count; n += size) {
    const start = performance.now();
    for (let i = 0; i < size; i++) {
      storage.offline.append(owner(n + i), { stamp: n, stanza: STANZA });
    }
    handOver += performance.now() - start;
    await nextTurn();
    const early = durability.latest - MAX_OPEN_TURNS;
    if (early > durability.committed) await durability.whenCommitted(early);
  }
  await durability.whenCommitted(durability.latest);
  const us = (total: number) => (total * 1000) / count;
  say(`append, ${size} a turn: the calls alone`, us(handOver), 'us');
  say(`append, ${size} a turn: CPU of all threads`, (cpuNow() - cpu) / count, 'us');
  say(`append, ${size} a turn: elapsed`, us(performance.now() - wall), 'us');
}

/** The main thread's own share: what a turn costs it, the writer's work left out. */
async function mainThread(storage: Storage, size: number, count: number): Promise<void> {
  const before = performance.eventLoopUtilization();
  const cpu = process.threadCpuUsage();
  for (let n = 0; n < count; n += size) {
    for (let i = 0; i < size; i++) {
      storage.offline.append(owner(n + i), { stamp: n, stanza: STANZA });
    }
    await storage.durability.whenCommitted(storage.durability.latest);
  }
  const used = process.threadCpuUsage(cpu);
  const { active } = performance.eventLoopUtilization(before);
  say(`append, ${size} a turn: CPU of the main thread`, (used.user + used.system) / count, 'us');
  say(`append, ${size} a turn: event loop busy`, (active * 1000) / count, 'us');
}

async function latency(storage: Storage, count: number): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const ticket = storage.offline.append(owner(n), { stamp: n, stanza: STANZA });
    await storage.durability.whenCommitted(ticket);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  say('append until committed, alone, p50', times[count >> 1]!, 'ms');
  say('append until committed, alone, p99', times[Math.floor(count * 0.99)]!, 'ms');
}

async function reads(storage: Storage, count: number): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    for (let n = 0; n < count; n++) await storage.rosters.load(owner(n));
    const us = ((performance.now() - start) * 1000) / count;
    if (round === 2) say(`read of a roster of ${ROSTER_ITEMS}`, us, 'us');
  }
  const start = performance.now();
  for (let n = 0; n < count; n++) await storage.users.find(owner(n));
  say('read of a user', ((performance.now() - start) * 1000) / count, 'us');
}

async function opening(directory: string, mode: 'inline' | 'thread', what: string): Promise<void> {
  const start = performance.now();
  const storage = await openStorage({ directory, log, mode });
  say(`opening ${what}, ${mode}`, performance.now() - start, 'ms');
  await storage.close();
}

const root = process.argv[2] ?? tmpdir();
mkdirSync(root, { recursive: true });
const place = mkdtempSync(join(root, 'epode-bench-'));
try {
  const directory = join(place, 'data');
  const storage = await openStorage({ directory, log, mode: 'thread' });
  await fill(storage);
  await appends(storage, 32, APPENDS);
  for (const size of [1, 32, 256]) await appends(storage, size, APPENDS);
  for (const size of [1, 32, 256]) await mainThread(storage, size, size === 1 ? 2000 : 20_000);
  await latency(storage, 2000);
  await reads(storage, 5000);
  await storage.close();
  for (const mode of ['inline', 'thread'] as const) {
    await opening(directory, mode, 'the filled store');
    await opening(join(place, `new-${mode}`), mode, 'a new store');
  }
} finally {
  rmSync(place, { recursive: true });
}
