import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { Profanity } from '../support/profanity.ts';
import { type Account, freshAccount, type Target } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** A program that keeps the conversations of its account. */
export type Chronicler = {
  /** Waits until the program has a message, whatever way it came. */
  keeps(contact: string, direction: 'sent' | 'received', text: string): Promise<void>;
};

/** Alice has two slixmpp clients, one of which is off for a while, and chats with Bob. */
export const historyScenario: Scenario = {
  name: 'history',
  async play(stage) {
    const check = (what: string, body: () => Promise<void>) => stage.check('history', what, body);
    const { target } = stage;
    const alice = await freshAccount(target, 'alice');
    const bob = await LibraryUser.signIn(slixmpp, target, await freshAccount(target, 'bob'));
    const laptop = await LibraryUser.signIn(slixmpp, target, alice);
    const said = await speak(laptop, bob);
    const phone = await LibraryUser.signIn(slixmpp, target, alice);
    await check('both devices read the same', async () => {
      const [one, other] = [await laptop.history(bob.address), await phone.history(bob.address)];
      assertSame(one.bodies, said);
      assertSame(other.bodies, said);
      assertSame(other.ids, one.ids);
    });
    await check('of whom they talked with alone', async () => {
      assertSame((await phone.history('nobody@elsewhere.example')).bodies, []);
    });
    await check('Profanity reads it, too', async () => {
      const terminal = await Profanity.signIn(stage.folder, target, alice);
      await terminal.readsArchive();
      await terminal.keeps(bob.address, 'sent', said[0]);
      await terminal.keeps(bob.address, 'received', said[1]);
      await terminal.quit();
    });
    for (const client of [laptop, phone, bob]) await client.quit();
  },
};

/**
 * While a program is off, another device of its account chats on; once it is back it has
 * what was said in both directions, although that was delivered already (XEP-0313).
 */
export async function catchesUp<T extends Chronicler>(
  account: Account,
  friend: LibraryUser,
  { target, comesBack }: { target: Target; comesBack(): Promise<T> },
): Promise<T> {
  const phone = await LibraryUser.signIn(slixmpp, target, account);
  const [question, answer] = await speak(phone, friend);
  await phone.quit();
  const program = await comesBack();
  await program.keeps(friend.address, 'sent', question);
  await program.keeps(friend.address, 'received', answer);
  return program;
}

async function speak(one: LibraryUser, other: LibraryUser): Promise<[string, string]> {
  const [question, answer] = ['Are you <there> & well?', 'While the other was off \u{1F339}'];
  await one.say(other.address, question);
  await other.hears(one.address, question);
  await other.say(one.address, answer);
  await one.hears(other.address, answer);
  return [question, answer];
}

function assertSame(read: readonly string[], expected: readonly string[]): void {
  if (JSON.stringify(read) === JSON.stringify(expected)) return;
  throw new Error(`read ${JSON.stringify(read)}, not ${JSON.stringify(expected)}`);
}
