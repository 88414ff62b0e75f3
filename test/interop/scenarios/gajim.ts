import { join } from 'node:path';
import {
  befriend,
  blockAndUnblock,
  type ChatClient,
  converse,
  part,
} from '../support/chat-client.ts';
import { Display } from '../support/display.ts';
import { Gajim } from '../support/gajim.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { Profanity } from '../support/profanity.ts';
import { type Account, freshAccount } from '../support/target.ts';
import { catchesUp } from './history.ts';
import type { Scenario, Stage } from './scenario.ts';
import { showsCopies } from './second-device.ts';
import { CARD, PHOTO_HASH } from './vcard.ts';

type Company = {
  readonly juliet: Account;
  readonly gajim: Gajim;
  readonly profanity: Profanity;
  readonly library: LibraryUser;
};

/** Gajim, Profanity and a slixmpp client, each in company of the others. */
export const gajimScenario: Scenario = {
  name: 'gajim',
  timeoutMs: 180_000,
  async play(stage) {
    const display = await Display.open();
    const check = (what: string, body: () => Promise<void>) => stage.check('gajim', what, body);
    const company = await stage.check('gajim', 'signs in over STARTTLS', () =>
      assemble(stage, display),
    );
    const { juliet, gajim, profanity, library } = company;
    await check('is asked by Profanity and becomes friends', () => befriend(profanity, gajim));
    await check('asks slixmpp and becomes friends', () => befriend(gajim, library));
    await photograph(stage, display, 'gajim-roster.png');
    await befriend(library, profanity);
    await chats(stage, company);
    await check('shows what another device is told', () =>
      showsCopies(gajim, juliet, library, stage.target),
    );
    await check("fetches a contact's photo", async () => {
      await library.setVcard(CARD);
      await gajim.hasPhoto(PHOTO_HASH);
    });
    await check('blocks a contact', () => blockAndUnblock(gajim, profanity));
    await gajim.openChat(profanity.address);
    await check('sees a contact busy and is seen away', async () => {
      await profanity.show('dnd', 'Reading');
      await gajim.sees(profanity.address, 'dnd');
      await gajim.show('away', 'At lunch');
      await library.sees(gajim.address, 'away');
      await profanity.sees(gajim.address, 'away');
    });
    await photograph(stage, display, 'gajim-chat.png');
    await check('gets an offline message', () => messageWhileAway(company));
    await check('has what another device has said meanwhile', async () => {
      await gajim.goesOffline();
      const comesBack = () => gajim.comesOnline().then(() => gajim);
      await catchesUp(juliet, library, { target: stage.target, comesBack });
    });
    await check('sees a contact leave', async () => {
      await profanity.quit();
      await gajim.sees(profanity.address, 'offline');
    });
    await check('removes a contact', () => part(gajim, library));
    await library.quit();
    await gajim.quit();
    await check('signs in over direct TLS', () => signInDirectly(stage, display));
    await check('refuses an untrusted certificate', async () => {
      const eve = await freshAccount(stage.target, 'eve');
      await Gajim.refuse(stage.folder, stage.target, eve, display);
    });
  },
};

async function assemble({ target, folder }: Stage, display: Display): Promise<Company> {
  const account = (name: string) => freshAccount(target, name);
  const juliet = await account('juliet');
  return {
    juliet,
    gajim: await Gajim.signIn(folder, target, juliet, display),
    profanity: await Profanity.signIn(folder, target, await account('romeo')),
    library: await LibraryUser.signIn(slixmpp, target, await account('nurse')),
  };
}

async function chats({ check }: Stage, { gajim, profanity, library }: Company): Promise<void> {
  const pairs: [ChatClient, ChatClient][] = [
    [gajim, profanity],
    [gajim, library],
    [profanity, library],
  ];
  for (const [one, other] of pairs) {
    const what = `${one.name} and ${other.name} chat both ways`;
    await check('gajim', what, () => converse(one, other));
  }
}

async function messageWhileAway({ gajim, library }: Company): Promise<void> {
  await gajim.goesOffline();
  await library.sees(gajim.address, 'offline');
  await library.say(gajim.address, 'Call me when you are back');
  await library.settle();
  await gajim.comesOnline();
  await gajim.hears(library.address, 'Call me when you are back');
}

async function signInDirectly(stage: Stage, display: Display): Promise<void> {
  const paris = await freshAccount(stage.target, 'paris');
  const gajim = await Gajim.signIn(stage.folder, stage.target, paris, display, { directTls: true });
  await gajim.quit();
}

async function photograph(stage: Stage, display: Display, name: string): Promise<void> {
  if (stage.screenshots !== undefined) await display.photograph(join(stage.screenshots, name));
}
