import { type Library, slixmpp, stanzaJs, stropheJs } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { freshAccount, type Target } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** The libraries of the web over BOSH, with another on TCP, and on lines that break. */
export const boshScenario: Scenario = {
  name: 'bosh',
  async play({ target, check }) {
    const port = target.web?.https;
    // Other servers have theirs elsewhere.
    if (port === undefined) return;
    const comes = async (library: Library) => {
      const service = `https://${target.domain}:${port}/http-bind`;
      return LibraryUser.signIn(library, target, await freshAccount(target, 'web'), { service });
    };
    for (const library of [stropheJs, stanzaJs]) {
      await check(library.name, 'chats over BOSH with slixmpp on TCP', async () => {
        const [web, tcp] = [await comes(library), await slixmppOn(target)];
        await chat(web, tcp);
        await leave(web, tcp);
      });
    }
    await check(stropheJs.name, 'loses nothing where its requests break', async () => {
      const [web, tcp] = [await comes(stropheJs), await slixmppOn(target)];
      await web.settle();
      for (const word of ['one', 'two', 'three']) {
        await web.cut();
        await tcp.say(web.address, word);
        await web.say(tcp.address, word);
        await web.hears(tcp.address, word);
        await tcp.hears(web.address, word);
      }
      await leave(web, tcp);
    });
  },
};

async function slixmppOn(target: Target): Promise<LibraryUser> {
  return LibraryUser.signIn(slixmpp, target, await freshAccount(target, 'tcp'));
}

async function chat(web: LibraryUser, tcp: LibraryUser): Promise<void> {
  await web.settle();
  await tcp.settle();
  await web.say(tcp.address, 'Wherefore art thou? <&> \u{1F339}');
  await tcp.hears(web.address, 'Wherefore art thou? <&> \u{1F339}');
  await tcp.say(web.address, 'Here.');
  await web.hears(tcp.address, 'Here.');
}

async function leave(...users: readonly LibraryUser[]): Promise<void> {
  for (const user of users) await user.quit();
}
