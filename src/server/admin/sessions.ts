import { z } from 'zod';
import { accountAddress, sessionAddress } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';
import type { SessionControl, SessionFacts } from './ports.ts';

/** More than this is no list for people, and no answer for one line of JSON. */
const MAX_LISTED = 10_000;

const text = z.string().max(4_096);
const list = z.strictObject({ account: text.optional() });
const kick = z.strictObject({ jid: text });

export interface SessionPage {
  readonly sessions: readonly SessionFacts[];
  /** How many there are; more than are listed when the list is too long. */
  readonly total: number;
}

/** The commands that look after sessions of the running server. */
export function sessionCommands(
  sessions: SessionControl,
  domains: readonly string[],
): AdminCommand[] {
  return [
    adminCommand({
      name: 'session.list',
      summary: 'Lists who is signed in.',
      params: list,
      run: ({ account }) => listSessions(sessions, domains, account),
    }),
    adminCommand({
      name: 'session.kick',
      summary: 'Ends one session, or all of an account.',
      params: kick,
      run: ({ jid }) => kickSessions(sessions, domains, jid),
    }),
  ];
}

async function listSessions(
  sessions: SessionControl,
  domains: readonly string[],
  account: string | undefined,
): Promise<SessionPage> {
  const owner = account === undefined ? null : accountAddress(account, domains).toString();
  const found = await sessions.list(owner);
  return { sessions: found.slice(0, MAX_LISTED), total: found.length };
}

async function kickSessions(
  sessions: SessionControl,
  domains: readonly string[],
  address: string,
): Promise<{ closed: number }> {
  const jid = sessionAddress(address, domains).toString();
  const closed = await sessions.close(jid, 'policy-violation', 'ended by the operator');
  if (closed === 0) throw new AdminError('not-found', `No session of ${jid} is here.`);
  return { closed };
}
