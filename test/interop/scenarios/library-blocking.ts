import type { Party } from './library.ts';

/** XEP-0191 §3: Bob blocks Alice, who sees him leave and is not heard; then he unblocks her. */
export async function blockContact(a: Party, b: Party): Promise<void> {
  const [alice, bob] = [a.account.address, b.account.address];
  await blocklistIs(b, []);
  forgetPresence(a, bob);
  await b.client.ask({ do: 'block', jid: alice });
  await b.client.sees('blocked', { jids: [alice] });
  await a.client.sees('presence', { sender: bob, type: 'unavailable' });
  await blocklistIs(b, [alice]);
  a.client.send({ do: 'message', to: bob, body: 'Can you hear me?' });
  await a.client.sees('message', { sender: bob, type: 'error' });
  await hearsNothing(b, alice);
  forgetPresence(a, bob);
  await b.client.ask({ do: 'unblock', jid: alice });
  await b.client.sees('unblocked', { jids: [alice] });
  await a.client.sees('presence', { sender: bob, type: 'available' });
  await blocklistIs(b, []);
  a.client.send({ do: 'message', to: bob, body: 'And now?' });
  await b.client.sees('message', { sender: alice, body: 'And now?' });
}

/** What has come before is not what is awaited now. */
function forgetPresence({ client }: Party, contact: string): void {
  client.takesAll('presence', ({ sender }) => sender === contact);
}

async function blocklistIs({ client }: Party, wanted: readonly string[]): Promise<void> {
  const { jids } = await client.ask({ do: 'blocklist' });
  if (String(jids) !== String(wanted)) throw new Error(`${client.name} has blocked ${jids}`);
}

/** What was delivered before the answer has come before it. */
async function hearsNothing({ client, account }: Party, sender: string): Promise<void> {
  await client.query('ping', account.domain);
  const heard = client.takes('message', { sender });
  if (heard !== undefined) throw new Error(`${client.name} hears ${JSON.stringify(heard)}`);
}
