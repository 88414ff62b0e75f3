import type { Storage } from '../../src/storage/ports.ts';

const TURN = 32;
/** Turns that may be on their way to the disk before the sender waits. */
const MAX_OPEN_TURNS = 64;
const BODY = 'Wherefore art thou? '.repeat(6);
/** Bytes of all stanzas. */
let bytes = 0;

export const bytesOfStanzas = () => bytes;
export const owner = (n: number) => `user${n}@montague.example`;
/** Microseconds of processor time of all threads. */
export const cpuNow = () => process.cpuUsage().user + process.cpuUsage().system;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

export function say(what: string, figure: number, unit: string): void {
  console.log(`${what.padEnd(58)} ${figure.toFixed(2).padStart(9)} ${unit}`);
}

/** About 350 bytes, as clients send them. */
function stanzaOf(sender: string, to: string, reference: string, body: string): string {
  return `<message xmlns='jabber:client' from='${sender}/balcony.1' to='${to}' type='chat' \
id='${reference}'><body>${body}</body><active xmlns='http://jabber.org/protocol/chatstates'/>\
<request xmlns='urn:xmpp:receipts'/></message>`;
}

/** One message for the archives of both; `to` may be nobody of this server. */
export function exchange(
  storage: Storage,
  sender: string,
  to: string,
  n: number,
  body = BODY,
): void {
  const reference = `b4f1-${n.toString(16).padStart(16, '0')}`;
  const stanza = stanzaOf(sender, to, reference, body);
  bytes += stanza.length;
  const message = { peer: to, sender, reference, stanza, counts: 'read' } as const;
  const { id } = storage.archive.append(sender, message);
  if (to.endsWith('@montague.example')) {
    storage.archive.share(to, id, { peer: sender, counts: 'unread' });
  }
}

export async function create(storage: Storage, name: string): Promise<void> {
  const blank = { nickname: null, isDisabled: false, created: 0, lastLogin: null };
  await storage.users.create({ owner: name, ...blank, imported: null, source: null }, []);
}

/** Calls `task` in turns, some of them in flight, as a busy server does. */
export async function inTurns(
  storage: Storage,
  count: number,
  task: (n: number) => void,
): Promise<void> {
  const { durability } = storage;
  for (let n = 0; n < count; n += TURN) {
    for (let i = n; i < Math.min(count, n + TURN); i++) task(i);
    await nextTurn();
    const early = durability.latest - MAX_OPEN_TURNS;
    if (early > durability.committed) await durability.whenCommitted(early);
  }
  await durability.whenCommitted(durability.latest);
}
