import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** Clients whose connection breaks, or whose server starts again, and who go on with their sessions. */
export const resumptionScenario: Scenario = {
  name: 'resumption',
  async play({ startAnother, check }) {
    // One of its own, which starts again.
    const target = await startAnother({});
    const choice = { comesBack: true };
    const signIn = async (name: string) =>
      LibraryUser.signIn(slixmpp, target, await freshAccount(target, name), choice);
    const [juliet, romeo] = [await signIn('juliet'), await signIn('romeo')];
    await befriend(juliet, romeo);
    await check('slixmpp', 'goes on after a cut, and gets what it has missed once', async () => {
      await juliet.cut();
      await says(romeo, juliet, 'cut');
      await juliet.resumes();
      await hears(juliet, romeo, 'cut');
    });
    if (!target.restart) return;
    await check('slixmpp', 'goes on after the server has started again', async () => {
      await says(romeo, juliet, 'before');
      await target.restart?.();
      await Promise.all([juliet.resumes(), romeo.resumes()]);
      await says(romeo, juliet, 'after');
      await hears(juliet, romeo, 'before');
      await hears(juliet, romeo, 'after');
      await romeo.sees(juliet.address, 'online');
    });
    for (const user of [juliet, romeo]) await user.quit();
  },
};

const WORDS = ['one', 'two', 'three'] as const;

async function befriend(juliet: LibraryUser, romeo: LibraryUser): Promise<void> {
  for (const [asks, approves] of [
    [juliet, romeo],
    [romeo, juliet],
  ] as const) {
    await asks.ask(approves.address);
    await approves.approve(asks.address);
  }
  await romeo.sees(juliet.address, 'online');
}

async function says(from: LibraryUser, to: LibraryUser, when: string): Promise<void> {
  for (const word of WORDS) await from.say(to.address, `${when} ${word}`);
  await from.settle();
}

/** Each of them, and none twice. */
async function hears(by: LibraryUser, from: LibraryUser, when: string): Promise<void> {
  for (const word of WORDS) await by.hears(from.address, `${when} ${word}`);
  await by.settle();
  for (const word of WORDS) await by.hasNotHeard(from.address, `${when} ${word}`);
}
