import type { RosterItemRecord, WholeAccount } from '../../storage/ports.ts';
import { Jid } from '../../xmpp/jid.ts';
import type { PortableAccount, PortableContact } from './portable-account.ts';
import { withDelay } from './read-pieces.ts';

/** The account as `readAccount` takes it; what is empty is missing. */
export function writeAccount(account: WholeAccount): PortableAccount {
  const { user, vcard } = account;
  const { domain } = Jid.parse(user.owner);
  const listed = account.roster.filter(({ isListed }) => isListed);
  const lists = {
    scram: account.keys.map(writeKeys),
    roster: listed.map(writeContact),
    requests: account.roster.flatMap(({ request }) => request ?? []),
    offline: account.offline.map(({ stanza, stamp }) => withDelay(stanza, domain, stamp)),
    private: account.privateXml.map(({ xml }) => xml),
    blocked: [...account.blocked],
  };
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
  return {
    jid: user.owner,
    ...(user.nickname !== null && { nickname: user.nickname }),
    ...(user.isDisabled && { disabled: true }),
    ...(user.imported?.startsWith('$') && { hash: user.imported }),
    ...Object.fromEntries(filled),
    ...(vcard && { vcard: vcard.xml }),
  };
}

function writeKeys({ hash, iterations, ...keys }: WholeAccount['keys'][number]) {
  return {
    mechanism: `SCRAM-${hash}` as const,
    iterations,
    salt: keys.salt.toString('base64'),
    storedKey: keys.storedKey.toString('base64'),
    serverKey: keys.serverKey.toString('base64'),
  };
}

function writeContact(item: RosterItemRecord): PortableContact {
  const { contact: jid, name, subscription, groups, isAsking, isPreApproved } = item;
  return {
    jid,
    ...(name !== null && { name }),
    subscription,
    ...(isAsking && { ask: true }),
    ...(isPreApproved && { approved: true }),
    ...(groups.length > 0 && { groups: [...groups] }),
  };
}
