import bcrypt from 'bcrypt';
import { aioxmpp, type Library, nbxmpp, slixmpp, xmppJs } from '../support/libraries.ts';
import type { Account, Target } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** In ASCII: with PLAIN, xmpp.js sends anything else in Latin-1. */
const PASSWORD = 'speak, friend: 4711';
const LIBRARIES = [slixmpp, xmppJs, aioxmpp, nbxmpp];

/** Accounts of a PHP site: the hash lets each in once, SCRAM from then on. */
export const importedScenario: Scenario = {
  name: 'imported',
  async play({ target, check }) {
    const { importUsers } = target;
    // Only our own server knows files of this kind.
    if (!importUsers) return;
    for (const library of LIBRARIES) {
      const account = accountOf(target, library);
      const hash = (await bcrypt.hash(PASSWORD, 10)).replace('$2b$', '$2y$');
      await importUsers(`name,hash\n${account.user},${hash}\n`);
      await check(library.name, 'signs in with a password of another site', () =>
        signInAndOut(library, target, account),
      );
      await check(library.name, 'signs in again, with SCRAM', () =>
        signInAndOut(library, target, account),
      );
    }
  },
};

function accountOf({ domain }: Target, { name }: Library): Account {
  const user = `imported-${name.replace('.', '')}`;
  return { user, domain, address: `${user}@${domain}`, password: PASSWORD };
}

async function signInAndOut(library: Library, target: Target, account: Account): Promise<void> {
  const client = library.connect(target, account);
  await client.sees('online');
  await client.quit();
}
