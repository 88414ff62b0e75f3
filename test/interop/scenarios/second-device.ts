import type { ChatClient } from '../support/chat-client.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import type { Account, Target } from '../support/target.ts';

/** XEP-0280 §7: the program shows what is for a slixmpp client of the same account alone. */
export async function showsCopies(
  program: ChatClient,
  account: Account,
  friend: LibraryUser,
  target: Target,
): Promise<void> {
  const phone = await LibraryUser.signIn(slixmpp, target, account);
  const text = 'This is for the phone';
  await friend.say(phone.fullAddress, text);
  await phone.hears(friend.address, text);
  await program.hears(friend.address, text);
  await phone.quit();
}
