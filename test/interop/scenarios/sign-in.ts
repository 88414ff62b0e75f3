import { Dino } from '../support/dino.ts';
import { Display } from '../support/display.ts';
import { Gajim } from '../support/gajim.ts';
import { aioxmpp, type Library, nbxmpp, slixmpp, xmppJs } from '../support/libraries.ts';
import { Mcabber } from '../support/mcabber.ts';
import { Poezio } from '../support/poezio.ts';
import { Profanity } from '../support/profanity.ts';
import { goSendxmpp, type Sender, sendxmpp } from '../support/senders.ts';
import { type Account, freshAccount, type Target } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** Signs in and away. */
type Visit = (target: Target, account: Account, place: Place) => Promise<void>;
type Place = { readonly folder: string; readonly display: Display };
type Client = { quit(): Promise<void> };

/** What a client takes of what is offered, on either version of TLS; the server's log tells. */
type Preference = readonly [client: string, mechanism: string, visit: Visit];

const PREFERENCES: readonly Preference[] = [
  ['slixmpp', 'SCRAM-SHA-512-PLUS by SASL', library(slixmpp)],
  ['xmpp.js', 'SCRAM-SHA-1 by SASL2', library(xmppJs)],
  ['aioxmpp', 'SCRAM-SHA-256 by SASL', library(aioxmpp)],
  ['nbxmpp', 'SCRAM-SHA-512 by SASL', library(nbxmpp)],
  ['sendxmpp', 'PLAIN by SASL', sender(sendxmpp)],
  ['go-sendxmpp', 'PLAIN by SASL', sender(goSendxmpp)],
  ['Profanity', 'SCRAM-SHA-512 by SASL', program(Profanity)],
  ['mcabber', 'PLAIN by SASL', program(Mcabber)],
  ['Poezio', 'SCRAM-SHA-512-PLUS by SASL', program(Poezio)],
  ['Gajim', 'SCRAM-SHA-512 by SASL', window(Gajim)],
  ['Dino', 'SCRAM-SHA-1 by SASL', window(Dino)],
];

/** With which mechanism clients sign in. */
export const signInScenario: Scenario = {
  name: 'sign-in',
  timeoutMs: 180_000,
  async play(stage) {
    const { target, folder } = stage;
    const display = await Display.open();
    // Not every client can be told which TLS to speak; the server is.
    const older = await stage.startAnother({ NODE_OPTIONS: '--tls-max-v1.2' });
    const targets = { 'TLSv1.2': older, 'TLSv1.3': target };
    for (const [client, mechanism, visit] of PREFERENCES) {
      const visits = Object.entries(targets).map(([version, to]) => {
        const wanted = `${mechanism} on ${version}`;
        return stage.check(client, `signs in with ${wanted}`, async () => {
          const used = await signsInWith(to, (account) => visit(to, account, { folder, display }));
          if (used !== wanted) throw new Error(`signed in with ${used}`);
        });
      });
      await Promise.all(visits);
    }
    await older.stop();
    await display.close();
  },
};

/** With what somebody has signed in, as the log of the server has it. */
async function signsInWith(target: Target, visit: (account: Account) => Promise<void>) {
  const account = await freshAccount(target, 'signer');
  const logged = target.log().length;
  await visit(account);
  const line = /\{[^\n]*"signed in"\}/.exec(target.log().slice(logged))?.[0] ?? '{}';
  const { mechanism, profile, tls } = JSON.parse(line);
  return `${mechanism} by ${profile} on ${tls}`;
}

function library({ connect }: Library): Visit {
  return async (target, account) => {
    const client = connect(target, account);
    await client.sees('online');
    await client.quit();
  };
}

function sender({ send }: Sender): Visit {
  return (target, account) => send(target, account, account.address, 'Note');
}

type Program = {
  signIn(folder: string, target: Target, account: Account): Promise<Client>;
};

function program(program: Program): Visit {
  return async (target, account, { folder }) => {
    const client = await program.signIn(folder, target, account);
    await client.quit();
  };
}

type Window = {
  signIn(folder: string, target: Target, account: Account, display: Display): Promise<Client>;
};

function window(program: Window): Visit {
  return async (target, account, { folder, display }) => {
    const client = await program.signIn(folder, target, account, display);
    await client.quit();
  };
}
