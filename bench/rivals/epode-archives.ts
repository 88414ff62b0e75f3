/**
 * Fills the archives of a benchmark's accounts, which are a pair each: the first writes to the
 * second, as `archive/generator.c` does where a server is sent the messages.
 *
 *     node epode-archives.ts DIRECTORY '{"accounts": {"count": 2, …}, "messages": 20000, "search": false}'
 */
import { silentLog } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { type Accounts, accountNames } from './server.ts';

/** Messages that go to the disk together. */
const TOGETHER = 1_000;
const TEXT = 'the quick brown fox jumps over the lazy dog and '.repeat(2);

interface Load {
  readonly accounts: Accounts;
  readonly messages: number;
  /** Whether their words are indexed, as in the server's configuration. */
  readonly search: boolean;
}

const [directory, description] = process.argv.slice(2) as [string, string];
const { accounts, messages, search }: Load = JSON.parse(description);
const owners = accountNames(accounts).map((name) => `${name}@${accounts.domain}`);
const storage = await openStorage({ directory, log: silentLog, mode: 'thread' });
storage.archive.keepIndex(accounts.domain, search);

function exchange(sender: string, recipient: string, n: number): void {
  const number = n.toString(16).padStart(8, '0');
  const reference = `m${number}m${'0'.repeat(16)}m`;
  const body = `~${number}:${'0'.repeat(16)}~${TEXT}`;
  const stanza = `<message xmlns='jabber:client' from='${sender}/bench0' to='${recipient}' \
type='chat' id='${reference}'><body>${body}</body></message>`;
  const { id } = storage.archive.append(sender, {
    ...{ peer: recipient, counts: 'read', sender, reference, stanza },
  });
  storage.archive.share(recipient, id, { peer: sender, counts: 'unread' });
}

for (let n = 0; n < messages; n++) {
  for (let pair = 0; pair + 1 < owners.length; pair += 2)
    exchange(owners[pair]!, owners[pair + 1]!, n);
  if (n % TOGETHER === 0) await storage.durability.whenCommitted(storage.durability.latest);
}
await storage.close();
