import { accountAddress } from '../server/admin/addresses.ts';
import type { UserDetails, UserFacts, UserPage } from '../server/admin/users.ts';
import type { Config } from '../server/config/config.ts';
import { runOnAccounts } from './admin.ts';
import { readNewPassword } from './password.ts';
import { count, formatTime, printable, table } from './text.ts';

/** What a command shows: words for people, or the same as data. */
export interface Report {
  readonly text: string;
  readonly data: unknown;
}

export async function addUser(
  config: Config,
  jid: string,
  { isFromStdin, reuse }: { isFromStdin: boolean; reuse: boolean },
): Promise<Report> {
  const account = checkAccount(config, jid);
  const password = await readNewPassword(isFromStdin);
  const data = await runOnAccounts(config, 'user.add', { jid: account, password, reuse });
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

export async function disableUser(config: Config, jid: string): Promise<Report> {
  const account = checkAccount(config, jid);
  const data = await runOnAccounts<Closed>(config, 'user.disable', { jid: account });
  return { text: `Disabled ${account}${ended(data)}.`, data };
}

export async function enableUser(config: Config, jid: string): Promise<Report> {
  const account = checkAccount(config, jid);
  const data = await runOnAccounts<Closed>(config, 'user.enable', { jid: account });
  return { text: `${account} may sign in.`, data };
}

export async function showUser(config: Config, jid: string): Promise<Report> {
  const account = checkAccount(config, jid);
  const data = await runOnAccounts<UserDetails>(config, 'user.show', { jid: account });
  return { text: describeUser(data), data };
}

export async function listUsers(
  config: Config,
  page: { domain?: string; after?: string; limit: number; notUpgraded: boolean },
): Promise<Report> {
  const data = await runOnAccounts<UserPage>(config, 'user.list', page);
  const more = data.next && `\nMore: epode user list --after ${data.next}`;
  return { text: describeUsers(data.users) + (more ?? ''), data };
}

interface Closed {
  readonly closed: number;
}

/** Said before anything is asked for: what cannot be an account needs no password. */
export function checkAccount(config: Config, jid: string): string {
  const domains = config.hosts.map((host) => host.domain);
  return accountAddress(jid, domains).toString();
}

function ended({ closed }: Closed): string {
  return closed === 0 ? '' : ` and ended ${count(closed, 'session')}`;
}

function describeUser(user: UserDetails): string {
  const { jid, isDisabled, created, lastLogin, nickname, source, sessions, more } = user;
  const rows: [string, string][] = [
    ['account', isDisabled ? `${jid} (disabled)` : jid],
    ['nickname', nickname ?? 'none'],
    ['kept in', source ?? 'this server'],
    ['created', formatTime(created)],
    ['last sign-in', formatTime(lastLogin)],
    ['sessions', sessions.length === 0 ? 'none' : sessions.join(', ')],
    ...Object.entries(more).map(([name, value]) => [inWords(name), inWords(value)] as const),
  ].map(([name, value]) => [name!, value!]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`).join('\n');
}

/** `lastSeen` as `last seen`; times as such, since nothing else is that large. */
function inWords(value: unknown): string {
  if (typeof value === 'number' && value > 1e11) return formatTime(value);
  if (value === null) return 'never';
  return String(value).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function describeUsers(users: readonly UserFacts[]): string {
  if (users.length === 0) return 'No accounts.';
  const rows = users.map(({ jid, created, lastLogin, isDisabled, source }) => [
    jid,
    formatTime(created),
    formatTime(lastLogin),
    [source ?? [], isDisabled ? 'disabled' : []].flat().join(', '),
  ]);
  return table(['ACCOUNT', 'CREATED (UTC)', 'LAST SIGN-IN', ''], rows);
}
