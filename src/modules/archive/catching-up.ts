import { type Maybe, then } from '../../lib/maybe.ts';
import type { Account, Accounts } from '../../server/accounts.ts';
import type { Session } from '../../server/session.ts';
import type { Welcome } from '../../stream/inline.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { HasOtherwise } from '../offline.ts';
import type { ArchiveIds } from './ids.ts';
import type { Bounds, Queries } from './queries.ts';
import { encodeMetadata } from './results.ts';

/**
 * As a session begins with Bind 2, it is told what the archive holds (XEP-0386 §3.2), and
 * gets no messages for later that are in it: it has them from there. What comes for it from
 * then on it gets. Throws `StanzaError` resource-constraint where the archive is too busy.
 */
export function catchUp(
  username: string,
  deps: { accounts: Accounts; ids: ArchiveIds; queries: Queries },
): Maybe<Welcome<Session>> {
  const { accounts, ids, queries } = deps;
  return then(accounts.find(username), (account) => {
    if (!account) return { give: () => null };
    return then(queries.bounds(account), (bounds) => ({
      give: (session) => {
        session.set(HasOtherwise, (message) => isWithin(account, message, { ids, bounds }));
        return encodeMetadata(account, ids, bounds);
      },
    }));
  });
}

function isWithin(
  account: Account,
  message: Stanza,
  { ids, bounds }: { ids: ArchiveIds; bounds: Bounds },
): boolean {
  const id = ids.of(account, message);
  return id !== null && bounds !== null && bounds.first <= id && id <= bounds.last;
}
