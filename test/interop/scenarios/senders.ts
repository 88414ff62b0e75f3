import type { Choice } from '../support/libraries.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { until } from '../support/poll.ts';
import { goSendxmpp, listen, type Sender, sendxmpp } from '../support/senders.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

/** Programs that send one message and end, to a slixmpp client; one of them can listen too. */
export const sendersScenario: Scenario = {
  name: 'senders',
  async play(stage) {
    const nurse = await freshAccount(stage.target, 'nurse');
    const listener = await LibraryUser.signIn(slixmpp, stage.target, nurse);
    await sends(stage, sendxmpp, listener);
    await sends(stage, goSendxmpp, listener);
    await stage.check('go-sendxmpp', 'gets an offline message, then hears another', () =>
      hearsWhatComes(stage, listener),
    );
    await listener.quit();
  },
};

async function sends({ check, target }: Stage, sender: Sender, listener: LibraryUser) {
  const romeo = await freshAccount(target, 'romeo');
  const send = (text: string, choice?: Choice) =>
    sender.send(target, romeo, listener.address, text, choice);
  for (const directTls of [false, true]) {
    const over = directTls ? 'over direct TLS' : 'over STARTTLS';
    await check(sender.name, `sends a message ${over}`, async () => {
      await send(`Heard ${over}? <&>`, { directTls });
      await listener.hears(romeo.address, `Heard ${over}? <&>`);
    });
  }
  await check(sender.name, 'is not heard by whom it is blocked', async () => {
    await listener.block(romeo.address);
    await send('Nobody hears this', { directTls: true });
    await listener.settle();
    await listener.unblock(romeo.address);
    await send('This is heard again', { directTls: true });
    await listener.hears(romeo.address, 'This is heard again');
    await listener.hasNotHeard(romeo.address, 'Nobody hears this');
  });
  await check(sender.name, 'is refused with a wrong password', () =>
    fails(send('Wrong', { password: 'wrong' }), /not-authorized|auth failure/),
  );
  await check(sender.name, 'refuses an untrusted certificate', () =>
    fails(send('Unsafe', { distrustful: true, directTls: true }), /certificate/),
  );
}

/** A message waits for the account, another is sent while it is there. */
async function hearsWhatComes({ target }: Stage, listener: LibraryUser): Promise<void> {
  const paris = await freshAccount(target, 'paris');
  await listener.say(paris.address, 'While you were away');
  await listener.settle();
  const program = listen(target, paris);
  const prints = (text: string) =>
    until(`go-sendxmpp prints "${text}"`, () =>
      program.output.includes(`${listener.address}: ${text}`),
    );
  await prints('While you were away');
  await listener.say(paris.address, 'Here <you> are');
  await prints('Here <you> are');
  await program.end();
}

async function fails(attempt: Promise<void>, reason: RegExp): Promise<void> {
  const failure = await attempt.then(
    () => 'not at all',
    (error: Error) => error.message,
  );
  if (!reason.test(failure)) throw new Error(`refused: ${failure}`);
}
