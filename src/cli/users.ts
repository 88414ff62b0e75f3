import { accountAddress } from '../server/admin/addresses.ts';
import type { UserFacts, UserPage } from '../server/admin/users.ts';
import type { Config } from '../server/config/config.ts';
import { runOnAccounts } from './admin.ts';
import { readNewPassword } from './password.ts';
import { count, formatTime, table } from './text.ts';

/** What a command shows: words for people, or the same as data. */
export interface Report {
  readonly text: string;
  readonly data: unknown;
}

export async function addUser(config: Config, jid: string, isFromStdin: boolean): Promise<Report> {
  const account = checkAccount(config, jid);
  const password = await readNewPassword(isFromStdin);
  const data = await runOnAccounts(config, 'user.add', { jid: account, password });
  return { text: `Created ${account}.`, data };
}

export async function setPassword(
  config: Config,
  jid: string,
  isFromStdin: boolean,
): Promise<Report> {
  const account = checkAccount(config, jid);
  const password = await readNewPassword(isFromStdin);
  const data = await runOnAccounts<Closed>(config, 'user.passwd', { jid: account, password });
  return { text: `Changed the password of ${account}${ended(data)}.`, data };
}

export async function deleteUser(config: Config, jid: string): Promise<Report> {
  const account = checkAccount(config, jid);
  const data = await runOnAccounts<Closed>(config, 'user.delete', { jid: account });
  return { text: `Deleted ${account}${ended(data)}.`, data };
}

export async function listUsers(
  config: Config,
  page: { domain?: string; after?: string; limit: number },
): Promise<Report> {
  const data = await runOnAccounts<UserPage>(config, 'user.list', page);
  const more = data.next && `\nMore: epode user list --after ${data.next}`;
  return { text: describeUsers(data.users) + (more ?? ''), data };
}

interface Closed {
  readonly closed: number;
}

// Said before a password is asked for: what cannot be an account needs none.
function checkAccount(config: Config, jid: string): string {
  const domains = config.hosts.map((host) => host.domain);
  return accountAddress(jid, domains).toString();
}

function ended({ closed }: Closed): string {
  return closed === 0 ? '' : ` and ended ${count(closed, 'session')}`;
}

function describeUsers(users: readonly UserFacts[]): string {
  if (users.length === 0) return 'No accounts.';
  const rows = users.map(({ jid, created, lastLogin, isDisabled }) => [
    jid,
    formatTime(created),
    formatTime(lastLogin),
    isDisabled ? 'disabled' : '',
  ]);
  return table(['ACCOUNT', 'CREATED (UTC)', 'LAST SIGN-IN', ''], rows);
}
