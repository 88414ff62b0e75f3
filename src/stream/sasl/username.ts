import { JidError, prepareLocal } from '../../xmpp/jid.ts';

/** The localpart that a user name stands for; null for one that no account can have. */
export function accountName(username: string): string | null {
  try {
    return prepareLocal(username);
  } catch (error) {
    if (error instanceof JidError) return null;
    throw error;
  }
}
