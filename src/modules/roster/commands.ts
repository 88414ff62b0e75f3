import { z } from 'zod';
import { then } from '../../lib/maybe.ts';
import type { Account } from '../../server/accounts.ts';
import { anyAddress } from '../../server/admin/addresses.ts';
import { AdminError } from '../../server/admin/command.ts';
import { type AccountCommand, accountCommand } from '../../server/module.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { RosterItem } from './roster.ts';
import type { Rosters } from './rosters.ts';

const text = z.string().max(4_096);
const nothing = z.strictObject({});
const contact = z.strictObject({ contact: text });
const newContact = z.strictObject({
  contact: text,
  name: text.optional(),
  groups: z.array(z.string().min(1).max(1_023)).max(100).default([]),
});

/** A contact as operators see it. */
export interface ContactFacts {
  readonly jid: string;
  readonly name: string | null;
  readonly groups: readonly string[];
  readonly subscription: RosterItem['subscription'];
  /** Whether the account's own request waits for an answer. */
  readonly isAsking: boolean;
  /** Whether the contact's request waits for the account's answer. */
  readonly isAsked: boolean;
  readonly isPreApproved: boolean;
}

/** What operators do with the roster of one account. */
export function rosterCommands(rosters: Rosters): AccountCommand[] {
  return [
    accountCommand({
      name: 'roster.list',
      summary: "Lists an account's contacts, and who asks to be one.",
      params: nothing,
      run: async (account) =>
        rosters.use(account, (roster) => ({ contacts: roster.all().map(factsOf) })),
    }),
    accountCommand({
      name: 'roster.add',
      summary: 'Puts somebody into the roster, without asking them.',
      params: newContact,
      run: async (account, { contact, name = null, groups }) => {
        const jid = contactAddress(account, contact).toString();
        return await answering(() => add(rosters, account, { jid, name, groups }));
      },
    }),
    accountCommand({
      name: 'roster.remove',
      summary: 'Removes a contact, with the subscriptions both ways.',
      params: contact,
      run: async (account, { contact }) => {
        const jid = contactAddress(account, contact).toString();
        return await answering(() => remove(rosters, account, jid));
      },
    }),
  ];
}

function add(
  rosters: Rosters,
  account: Account,
  wanted: { jid: string; name: string | null; groups: readonly string[] },
) {
  const { jid, name, groups } = wanted;
  return rosters.use(account, (roster) =>
    then(rosters.store(roster, { ...roster.itemOf(jid), name, groups, isListed: true }), (item) => {
      rosters.push(account, item);
      return factsOf(item);
    }),
  );
}

function remove(rosters: Rosters, account: Account, jid: string) {
  return rosters.use(account, (roster) =>
    then(rosters.remove(account, roster, jid), () => ({ jid })),
  );
}

/** What is an error for clients is one for operators. */
async function answering<T>(task: () => T): Promise<Awaited<T>> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error;
    if (error.condition === 'item-not-found') {
      throw new AdminError('not-found', 'There is no such contact.');
    }
    throw new AdminError('failed', `That cannot be: ${error.message}.`);
  }
}

/** The contact that an operator names; throws `AdminError` for what cannot be one. */
export function contactAddress(account: Account, contact: string): Jid {
  const jid = anyAddress(contact).bare;
  if (!jid.equals(account.jid)) return jid;
  throw new AdminError('bad-address', 'Nobody is their own contact.');
}

function factsOf(item: RosterItem): ContactFacts {
  const { contact, name, groups, subscription, isAsking, isPreApproved, request } = item;
  return {
    jid: contact,
    name,
    groups,
    subscription,
    isAsking,
    isAsked: request !== null,
    isPreApproved,
  };
}
