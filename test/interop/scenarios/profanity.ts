import { befriend, blockAndUnblock, converse } from '../support/chat-client.ts';
import { Profanity } from '../support/profanity.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

/** Two Profanity users meet: one over STARTTLS, one over direct TLS. */
export const profanityScenario: Scenario = {
  name: 'profanity',
  async play(stage) {
    const { target, folder } = stage;
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('profanity', what, body);
    const ann = await freshAccount(target, 'ann');
    const ben = await freshAccount(target, 'ben');

    const a = await check('signs in over STARTTLS', () => Profanity.signIn(folder, target, ann));
    const b = await check('signs in over direct TLS', () =>
      Profanity.signIn(folder, target, ben, { directTls: true }),
    );
    await check('becomes friends', () => befriend(a, b));
    await check('lists an online contact', () => a.lists(ben.address, 'Online'));
    await check('chats both ways', () => converse(a, b));
    await check('blocks a contact', () => blockAndUnblock(b, a));
    await check('sees presence change', async () => {
      await b.show('dnd', 'Reading');
      await a.sees(ben.address, 'dnd');
      await a.lists(ben.address, 'Do not disturb');
    });
    await check('sees a contact leave', async () => {
      await b.quit();
      await a.sees(ben.address, 'offline');
    });
    const later = await check('gets an offline message', async () => {
      await a.say(ben.address, 'Call me when you are back');
      const back = await Profanity.signIn(folder, target, ben);
      await back.hears(ann.address, 'Call me when you are back');
      return back;
    });
    await check('refuses an untrusted certificate', () => refuses(stage));
    await check('removes a contact', async () => {
      await later.remove(ann.address);
      await a.isLeftBy(ben.address);
    });
    await later.quit();
    await a.quit();
  },
};

async function refuses({ target, folder }: Stage): Promise<void> {
  const verdict = await Profanity.refuse(folder, target, await freshAccount(target, 'eve'));
  if (!verdict.includes('issuer')) throw new Error(`refused because of: ${verdict}`);
}
