import type { ContactFacts } from '../modules/roster/commands.ts';
import type { Config } from '../server/config/config.ts';
import { runOnAccounts } from './admin.ts';
import { printable, table } from './text.ts';
import { checkAccount, type Report } from './users.ts';

export async function listContacts(config: Config, jid: string): Promise<Report> {
  const account = checkAccount(config, jid);
  const params = { jid: account };
  const data = await runOnAccounts<{ contacts: ContactFacts[] }>(config, 'roster.list', params);
  return { text: describeContacts(data.contacts), data };
}

/** How somebody is put into a roster. */
export interface NewContact {
  readonly name?: string;
  readonly groups: readonly string[];
  /** Whether both see each other's presence from then on. */
  readonly isMutual: boolean;
}

export async function addContact(
  config: Config,
  jid: string,
  contact: string,
  { name, groups, isMutual }: NewContact,
): Promise<Report> {
  const account = checkAccount(config, jid);
  const params = { jid: account, contact };
  const item = { ...params, groups, ...(name !== undefined && { name }) };
  const data = await runOnAccounts<ContactFacts>(config, 'roster.add', item);
  if (isMutual) await runOnAccounts(config, 'roster.befriend', params);
  const what = isMutual ? `${account} and ${data.jid} see each other` : `Added ${data.jid}`;
  return { text: printable(`${what}.`), data };
}

export async function removeContact(config: Config, jid: string, contact: string): Promise<Report> {
  const params = { jid: checkAccount(config, jid), contact };
  const data = await runOnAccounts<{ jid: string }>(config, 'roster.remove', params);
  return { text: printable(`Removed ${data.jid}.`), data };
}

function describeContacts(contacts: readonly ContactFacts[]): string {
  if (contacts.length === 0) return 'No contacts.';
  const rows = contacts.map((contact) => [
    contact.jid,
    contact.subscription,
    pendingOf(contact),
    contact.name ?? '',
    contact.groups.join(', '),
  ]);
  return table(['CONTACT', 'SUBSCRIPTION', 'PENDING', 'NAME', 'GROUPS'], rows);
}

function pendingOf({ isAsking, isAsked, isPreApproved }: ContactFacts): string {
  const pending = [isAsking && 'asks', isAsked && 'is asked', isPreApproved && 'approved'];
  return pending.filter(Boolean).join(', ');
}
