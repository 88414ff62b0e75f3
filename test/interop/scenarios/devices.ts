import { slixmpp } from '../support/libraries.ts';
import type { LineClient } from '../support/line-client.ts';
import { Profanity } from '../support/profanity.ts';
import { type Account, freshAccount } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

interface Devices {
  readonly laptop: LineClient;
  readonly phone: LineClient;
  readonly terminal: Profanity;
}

/** Alice has two slixmpp clients and Profanity, and chats with Bob. */
export const devicesScenario: Scenario = {
  name: 'devices',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('devices', what, body);
    const alice = await freshAccount(stage.target, 'alice');
    const bob = await freshAccount(stage.target, 'bob');
    const friend = await comesOnline(stage, bob);

    const devices = await check('all sign in and ask for copies', () => signIn(stage, alice));
    await check('all see what one says', () => oneSays(devices, friend, alice, bob));
    await check('all see what one is told', () => oneIsTold(devices, friend, alice, bob));
    await check('one in a pocket is left in peace', () =>
      isLeftInPeace(devices.phone, friend, alice, bob),
    );
    for (const client of [devices.laptop, devices.phone, friend]) await client.quit();
    await devices.terminal.quit();
  },
};

async function comesOnline({ target }: Stage, account: Account): Promise<LineClient> {
  const client = slixmpp.connect(target, account);
  await client.sees('online');
  client.send({ do: 'presence' });
  return client;
}

async function signIn(stage: Stage, alice: Account): Promise<Devices> {
  const laptop = await comesOnline(stage, alice);
  const phone = await comesOnline(stage, alice);
  for (const client of [laptop, phone]) await client.ask({ do: 'carbons' });
  const terminal = await Profanity.signIn(stage.folder, stage.target, alice);
  return { laptop, phone, terminal };
}

/** XEP-0280 §8. */
async function oneSays(
  { laptop, phone, terminal }: Devices,
  friend: LineClient,
  alice: Account,
  bob: Account,
): Promise<void> {
  const body = 'Where are <you>?';
  laptop.send({ do: 'message', to: bob.address, body });
  await friend.sees('message', { sender: alice.address, body });
  await phone.sees('carbon', { direction: 'sent', sender: alice.address, to: bob.address, body });
  await terminal.hasSaid(bob.address, body);
  const answer = 'Said by Profanity';
  await terminal.say(bob.address, answer);
  await friend.sees('message', { sender: alice.address, body: answer });
  const copy = { direction: 'sent', to: bob.address, body: answer };
  for (const client of [laptop, phone]) await client.sees('carbon', copy);
}

/** XEP-0280 §7: what is for the laptop alone. */
async function oneIsTold(
  { laptop, phone, terminal }: Devices,
  friend: LineClient,
  alice: Account,
  bob: Account,
): Promise<void> {
  const body = 'This is for the laptop';
  laptop.send({ do: 'presence', to: bob.address, status: 'I am the laptop' });
  const { resource } = await friend.sees('presence', { status: 'I am the laptop' });
  friend.send({ do: 'message', to: `${alice.address}/${resource}`, body });
  await laptop.sees('message', { sender: bob.address, body });
  await phone.sees('carbon', { direction: 'received', sender: bob.address, body });
  await terminal.hears(bob.address, body);
}

/** XEP-0352 §3.2: of Bob's presence the phone sees the newest, and only with his message. */
async function isLeftInPeace(
  phone: LineClient,
  friend: LineClient,
  alice: Account,
  bob: Account,
): Promise<void> {
  const body = 'Look at this';
  phone.send({ do: 'state', active: false });
  await phone.query('ping', alice.domain);
  for (const show of ['dnd', 'away']) friend.send({ do: 'presence', to: alice.address, show });
  friend.send({ do: 'message', to: alice.address, body });
  await phone.sees('message', { sender: bob.address, body });
  const shown = phone.takesAll('presence', ({ sender }) => sender === bob.address);
  const shows = shown.map(({ show }) => show);
  if (String(shows) !== 'away') throw new Error(`the phone has seen ${shows}`);
}
