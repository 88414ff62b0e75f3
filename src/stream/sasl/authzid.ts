import { Jid, JidError } from '../../xmpp/jid.ts';
import { SaslError } from './mechanism.ts';
import { accountName } from './username.ts';

/**
 * Refuses to act for anybody but oneself: an authorization identity, where one
 * is given, must be the bare JID of who signs in (RFC 6120 §6.3.8), or the user
 * name once more. Needs no look-up, so that it tells nothing about accounts.
 */
export function checkAuthzid(authzid: string, username: string | null, domain: string): void {
  if (authzid === '' || (username !== null && accountName(authzid) === username)) return;
  const identity = parse(authzid);
  const isOwn = identity.isBare && identity.local === username && identity.domain === domain;
  if (!isOwn) throw new SaslError('invalid-authzid');
}

function parse(authzid: string): Jid {
  try {
    return Jid.parse(authzid);
  } catch (error) {
    if (error instanceof JidError) throw new SaslError('invalid-authzid');
    throw error;
  }
}
