import type { Library } from '../support/libraries.ts';
import type { LineClient } from '../support/line-client.ts';
import { type Account, freshAccount } from '../support/target.ts';
import { blockContact } from './library-blocking.ts';
import { exchangeVcards } from './library-vcard.ts';
import type { Scenario, Stage } from './scenario.ts';

const NOTE = 'Call me when you are back';

export type Party = { readonly client: LineClient; readonly account: Account };

/** What a client library must be able to do with the server, over STARTTLS and direct TLS. */
export function libraryScenario(library: Library): Scenario {
  return {
    name: library.name,
    async play(stage) {
      const rounds = [false, true].map((directTls) => playOver(stage, library, directTls));
      // Both to their ends: what the one says on failure is not to end the other.
      for (const { reason } of (await Promise.allSettled(rounds)).filter(isRejected)) throw reason;
    },
  };
}

function isRejected(round: PromiseSettledResult<void>): round is PromiseRejectedResult {
  return round.status === 'rejected';
}

async function playOver(stage: Stage, library: Library, directTls: boolean): Promise<void> {
  const over = directTls ? 'over direct TLS' : 'over STARTTLS';
  const check = (what: string, body: () => Promise<void>) =>
    stage.check(library.name, `${what} ${over}`, body);
  const connect = (account: Account) => library.connect(stage.target, account, { directTls });
  const alice = await freshAccount(stage.target, 'alice');
  const bob = await freshAccount(stage.target, 'bob');
  const a = { client: connect(alice), account: alice };
  const b = { client: connect(bob), account: bob };

  await check('signs in', async () => {
    await comesOnline(a.client);
    await comesOnline(b.client);
  });
  await check('becomes friends', () => becomeFriends(a, b));
  await check('sees presence change', () => seePresence(a, b));
  await check('chats both ways', () => chat(a, b));
  await check('names a contact in a group', () => renameContact(a, b));
  await check('asks the server', () => askServer(a.client, stage.target.domain));
  await check('sets and reads vCards', () => exchangeVcards(a, b));
  await check('blocks a contact', () => blockContact(a, b));
  await check('sees a contact leave', () => leave(a, b));
  const later = { client: connect(bob), account: bob };
  await check('gets an offline message', async () => {
    await sendWhileAway(a, b);
    if (library.readsArchive) await readLater(later.client, alice);
    else await receiveLater(later.client, alice);
  });
  await check('removes a contact', () => removeContact(a, later));
  await later.client.quit();
  await a.client.quit();
  await check('is refused with a wrong password', () =>
    fails(library.connect(stage.target, alice, { directTls, password: 'wrong' }), /auth/i),
  );
  await check('refuses an untrusted certificate', () =>
    fails(library.connect(stage.target, alice, { directTls, distrustful: true }), /certificate/i),
  );
}

async function comesOnline(client: LineClient): Promise<void> {
  await client.sees('online');
  await client.roster();
  client.send({ do: 'presence' });
}

/** RFC 6121 §3.1: each asks, each approves, and every step is pushed to the roster. */
async function becomeFriends(a: Party, b: Party): Promise<void> {
  const [alice, bob] = [a.account.address, b.account.address];
  a.client.send({ do: 'presence', type: 'subscribe', to: bob });
  await a.client.sees('roster-push', { jid: bob, subscription: 'none', ask: 'subscribe' });
  await b.client.sees('presence', { sender: alice, type: 'subscribe' });
  b.client.send({ do: 'presence', type: 'subscribed', to: alice });
  await b.client.sees('roster-push', { jid: alice, subscription: 'from' });
  await a.client.sees('roster-push', { jid: bob, subscription: 'to' });
  b.client.send({ do: 'presence', type: 'subscribe', to: alice });
  await a.client.sees('presence', { sender: bob, type: 'subscribe' });
  a.client.send({ do: 'presence', type: 'subscribed', to: bob });
  await a.client.sees('roster-push', { jid: bob, subscription: 'both' });
  await b.client.sees('roster-push', { jid: alice, subscription: 'both' });
}

async function seePresence(a: Party, b: Party): Promise<void> {
  const [alice, bob] = [a.account.address, b.account.address];
  await a.client.sees('presence', { sender: bob, type: 'available', show: '' });
  await b.client.sees('presence', { sender: alice, type: 'available', show: '' });
  b.client.send({ do: 'presence', show: 'dnd', status: 'Reading' });
  const change = { sender: bob, type: 'available', show: 'dnd', status: 'Reading' };
  await a.client.sees('presence', change);
}

async function chat(a: Party, b: Party): Promise<void> {
  const [alice, bob] = [a.account.address, b.account.address];
  a.client.send({ do: 'message', to: bob, body: 'Wherefore art thou? <&> \u{1F339}' });
  const question = { sender: alice, body: 'Wherefore art thou? <&> \u{1F339}', type: 'chat' };
  await b.client.sees('message', question);
  b.client.send({ do: 'message', to: alice, body: 'Here.' });
  await a.client.sees('message', { sender: bob, body: 'Here.', delay: null });
}

async function renameContact(a: Party, b: Party): Promise<void> {
  const entry = { jid: b.account.address, name: 'Robert', groups: ['Friends'] };
  await a.client.ask({ do: 'roster-set', ...entry });
  await a.client.sees('roster-push', { ...entry, subscription: 'both' });
  const roster = await a.client.roster();
  const item = roster.find(({ jid }) => jid === entry.jid);
  if (item?.name !== entry.name) throw new Error(`the roster holds ${JSON.stringify(roster)}`);
}

async function askServer(client: LineClient, domain: string): Promise<void> {
  const { features } = await client.query('disco', domain);
  if (!(features as string[]).includes('urn:xmpp:ping')) {
    throw new Error(`features without ping: ${features}`);
  }
  await client.query('ping', domain);
  const { name, version } = await client.query('version', domain);
  if (!name || !version) throw new Error(`version: ${name} ${version}`);
  const { utc } = await client.query('time', domain);
  const offset = Math.abs(Date.parse(String(utc)) - Date.now());
  if (!(offset < 60_000)) throw new Error(`the server's time is ${utc}`);
}

async function leave(a: Party, b: Party): Promise<void> {
  await b.client.quit();
  await a.client.sees('presence', { sender: b.account.address, type: 'unavailable' });
}

async function sendWhileAway(a: Party, b: Party): Promise<void> {
  a.client.send({ do: 'message', to: b.account.address, body: NOTE });
  // The answer shows that the server has taken the message before it.
  await a.client.query('ping', a.account.domain);
}

async function readLater(client: LineClient, sender: Account): Promise<void> {
  await comesOnline(client);
  const { bodies } = await client.ask({ do: 'history', with: sender.address });
  const last = (bodies as string[]).at(-1);
  if (last !== NOTE) throw new Error(`the archive ends with: ${last}`);
}

async function receiveLater(client: LineClient, sender: Account): Promise<void> {
  await comesOnline(client);
  const note = { sender: sender.address, body: NOTE };
  const { delay } = await client.sees('message', note);
  if (Number.isNaN(Date.parse(String(delay)))) throw new Error(`delay stamp: ${delay}`);
}

/** RFC 6121 §2.5.2: removing an item also cancels both subscriptions. */
async function removeContact(a: Party, b: Party): Promise<void> {
  const [alice, bob] = [a.account.address, b.account.address];
  await a.client.ask({ do: 'roster-remove', jid: bob });
  await a.client.sees('roster-push', { jid: bob, subscription: 'remove' });
  await b.client.sees('roster-push', { jid: alice, subscription: 'none' });
  await b.client.sees('presence', { sender: alice, type: 'unsubscribed' });
}

async function fails(client: LineClient, reason: RegExp): Promise<void> {
  const { reason: given } = await client.sees('failed');
  if (!reason.test(String(given))) throw new Error(`refused because of: ${given}`);
  if (client.takes('online') !== undefined) throw new Error('signed in all the same');
  await client.process.end();
}
