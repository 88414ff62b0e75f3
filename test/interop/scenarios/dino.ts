import { befriend, blockAndUnblock, converse, part } from '../support/chat-client.ts';
import { Dino } from '../support/dino.ts';
import { Display } from '../support/display.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { type Account, freshAccount } from '../support/target.ts';
import { catchesUp } from './history.ts';
import type { Scenario, Stage } from './scenario.ts';
import { showsCopies } from './second-device.ts';
import { CARD, PHOTO_HASH } from './vcard.ts';

/** Dino and two slixmpp clients, one of whom asks it and one of whom it asks. */
export const dinoScenario: Scenario = {
  name: 'dino',
  timeoutMs: 180_000,
  async play(stage) {
    const { target, folder } = stage;
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('dino', what, body);
    const display = await Display.open();
    const juliet = await freshAccount(target, 'juliet');
    const romeo = await signIn(stage, 'romeo');
    const nurse = await signIn(stage, 'nurse');
    const dino = await check('signs in over STARTTLS', () =>
      Dino.signIn(folder, target, juliet, display),
    );
    await check('is asked and becomes friends', () => befriend(romeo, dino));
    await check('asks and becomes friends', () => befriend(dino, nurse));
    await check('chats both ways', async () => {
      await converse(dino, romeo);
      await converse(nurse, dino);
    });
    await check('shows what another device is told', () =>
      showsCopies(dino, juliet, nurse, target),
    );
    await check("fetches a contact's photo", async () => {
      await nurse.setVcard(CARD);
      await dino.hasPhoto(PHOTO_HASH);
    });
    await check('blocks a contact', () => blockAndUnblock(dino, romeo));
    await check('sees a contact busy, then leave', async () => {
      await romeo.show('dnd', 'Reading');
      await dino.sees(romeo.address, 'dnd');
      await romeo.quit();
      await dino.sees(romeo.address, 'offline');
    });
    await check('is seen leaving', async () => {
      await dino.quit();
      await nurse.sees(dino.address, 'offline');
    });
    await check('has what another device has said meanwhile', async () => {
      const comesBack = () => Dino.signIn(folder, target, juliet, display);
      const back = await catchesUp(juliet, nurse, { target, comesBack });
      await back.quit();
    });
    await comeBack(stage, juliet, nurse, display);
    await nurse.quit();
    await check('refuses an untrusted certificate', async () => {
      await Dino.refuse(folder, target, await freshAccount(target, 'eve'), display);
    });
  },
};

async function signIn({ target }: Stage, name: string): Promise<LibraryUser> {
  return await LibraryUser.signIn(slixmpp, target, await freshAccount(target, name));
}

async function comeBack(stage: Stage, juliet: Account, nurse: LibraryUser, display: Display) {
  await nurse.say(juliet.address, 'Call me when you are back');
  await nurse.settle();
  const dino = await stage.check('dino', 'gets an offline message', async () => {
    const back = await Dino.signIn(stage.folder, stage.target, juliet, display);
    await back.hears(nurse.address, 'Call me when you are back');
    return back;
  });
  await stage.check('dino', 'removes a contact', () => part(dino, nurse));
  await dino.quit();
}
