import { befriend, blockAndUnblock, converse, part } from '../support/chat-client.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { Mcabber } from '../support/mcabber.ts';
import { Poezio } from '../support/poezio.ts';
import { type Account, freshAccount } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';
import { CARD, PHOTO_HASH } from './vcard.ts';

type Company = {
  readonly mcabber: Mcabber;
  readonly poezio: Poezio;
  readonly library: LibraryUser;
};

/** mcabber and Poezio, friends of each other and of a slixmpp client. */
export const terminalsScenario: Scenario = {
  name: 'terminals',
  async play(stage) {
    const { target, folder } = stage;
    const max = await freshAccount(target, 'max');
    const paul = await freshAccount(target, 'paul');
    const nurse = await freshAccount(target, 'nurse');
    const library = await LibraryUser.signIn(slixmpp, target, nurse);
    const mcabber = await stage.check('mcabber', 'signs in over STARTTLS', () =>
      Mcabber.signIn(folder, target, max),
    );
    const poezio = await stage.check('Poezio', 'signs in over STARTTLS', () =>
      Poezio.signIn(folder, target, paul),
    );
    const company = { mcabber, poezio, library };
    await meet(stage, company);
    await readVcards(stage, company);
    await stage.check('Poezio', 'blocks a contact', () => blockAndUnblock(poezio, mcabber));
    await leave(stage, company);
    await comeBack(stage, library, max, paul);
    await library.quit();
    await refuse(stage);
  },
};

async function meet({ check }: Stage, { mcabber, poezio, library }: Company): Promise<void> {
  await check('mcabber', 'asks Poezio and becomes friends', () => befriend(mcabber, poezio));
  await check('mcabber', 'is asked by slixmpp and becomes friends', () =>
    befriend(library, mcabber),
  );
  await check('Poezio', 'asks slixmpp and becomes friends', () => befriend(poezio, library));
  await check('mcabber', 'chats with Poezio both ways', () => converse(mcabber, poezio));
  await check('Poezio', 'chats with slixmpp both ways', () => converse(poezio, library));
}

async function readVcards({ check }: Stage, { mcabber, poezio, library }: Company): Promise<void> {
  await library.setVcard(CARD);
  await check('mcabber', "reads a contact's vCard", () =>
    mcabber.readsVcard(library.address, CARD),
  );
  await check('Poezio', "reads a contact's vCard", () => poezio.readsVcard(library.address, CARD));
  await check('Poezio', "fetches a contact's photo", () =>
    poezio.hasPhoto(library.address, PHOTO_HASH),
  );
}

async function leave({ check }: Stage, { mcabber, poezio, library }: Company): Promise<void> {
  await check('mcabber', 'sees a contact away and is seen busy', async () => {
    await poezio.show('away', 'At lunch');
    await mcabber.sees(poezio.address, 'away');
    await mcabber.show('dnd', 'Reading');
    await poezio.sees(mcabber.address, 'dnd');
  });
  await check('mcabber', 'removes a contact', () => part(mcabber, poezio));
  await check('mcabber', 'is seen leaving', async () => {
    await mcabber.quit();
    await library.sees(mcabber.address, 'offline');
  });
  await check('Poezio', 'is seen leaving', async () => {
    await poezio.quit();
    await library.sees(poezio.address, 'offline');
  });
}

async function comeBack(stage: Stage, library: LibraryUser, max: Account, paul: Account) {
  const { check, target, folder } = stage;
  const note = 'Call me when you are back';
  await library.say(max.address, note);
  await library.say(paul.address, note);
  await library.settle();
  await check('mcabber', 'signs in over direct TLS and gets an offline message', async () => {
    const mcabber = await Mcabber.signIn(folder, target, max, { directTls: true });
    await mcabber.hears(library.address, note);
    await mcabber.quit();
  });
  await check('Poezio', 'gets an offline message, removes a contact', async () => {
    const poezio = await Poezio.signIn(folder, target, paul);
    await poezio.hears(library.address, note);
    await part(poezio, library);
    await poezio.quit();
  });
}

async function refuse({ check, target, folder }: Stage): Promise<void> {
  await check('mcabber', 'refuses an untrusted certificate', async () => {
    await Mcabber.refuse(folder, target, await freshAccount(target, 'eve'));
  });
  await check('Poezio', 'refuses an untrusted certificate', async () => {
    await Poezio.refuse(folder, target, await freshAccount(target, 'eve'));
  });
}
