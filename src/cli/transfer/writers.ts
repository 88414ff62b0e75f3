import type { ExportedMessage } from '../../modules/archive/commands.ts';
import type { PortableAccount, PortableContact } from '../../modules/transfer/portable-account.ts';
import { Element, serialize } from '../../xml/element.ts';
import { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import {
  NS_ARCHIVE,
  NS_FORWARD,
  NS_MAM,
  NS_PIE,
  NS_PRIVACY,
  NS_PRIVATE,
  NS_ROSTER,
  NS_SCRAM,
} from './server-data.ts';

/** Writes accounts in one format, as text; what it returns is appended to the file. */
export interface AccountWriter {
  begin(): string;
  /** Around the accounts of one domain. */
  beginHost(domain: string): string;
  account(account: PortableAccount): string;
  /** What stands around the messages of its archive, and those; null where there is no place. */
  readonly archive: ArchiveWriter | null;
  endAccount(): string;
  endHost(): string;
  end(): string;
}

export interface ArchiveWriter {
  begin(): string;
  message(message: ExportedMessage): string;
  end(): string;
}

const nothing = () => '';
const FRAME = {
  begin: nothing,
  beginHost: nothing,
  archive: null,
  endAccount: nothing,
  endHost: nothing,
  end: nothing,
};

/** All that there is, one JSON object a line. */
export const jsonLinesWriter: AccountWriter = {
  ...FRAME,
  account: (account) => `${JSON.stringify(account)}\n`,
};

/** Addresses and nicknames, for people and their spreadsheets. */
export const csvWriter: AccountWriter = {
  ...FRAME,
  begin: () => 'jid,nickname\r\n',
  account: ({ jid, nickname = '' }) => `${csvField(jid)},${csvField(nickname)}\r\n`,
};

/** Spreadsheets take what begins so for a formula, and run it. */
const FORMULA = /^[=+\-@\t\r]/;

function csvField(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** XEP-0227. It has no place for nicknames, nor for whether an account is disabled. */
export const xmlWriter: AccountWriter = {
  begin: () => `<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='${NS_PIE}'>\n`,
  beginHost: (domain) => `<host${serialize(new Element('x', { jid: domain })).slice(2, -2)}>\n`,
  account: writeUser,
  archive: {
    begin: () => `<archive xmlns='${NS_ARCHIVE}'>\n`,
    message: resultOf,
    end: () => '</archive>\n',
  },
  endAccount: () => '</user>\n',
  endHost: () => '</host>\n',
  end: () => '</server-data>\n',
};

function writeUser(account: PortableAccount): string {
  const start = serialize(new Element('user', { name: Jid.parse(account.jid).local }));
  const { roster = [], offline = [], blocked = [], requests = [] } = account;
  // Nobody shall sign in elsewhere who may not here.
  const scram = account.disabled ? [] : (account.scram ?? []);
  const pieces = [
    ...scram.map(scramOf),
    ...(roster.length > 0 ? [rosterOf(roster)] : []),
    ...(offline.length > 0 ? [`<offline-messages>${offline.join('')}</offline-messages>`] : []),
    ...(account.private ? [queryOf(account.private)] : []),
    ...(account.vcard ? [account.vcard] : []),
    ...(blocked.length > 0 ? [privacyOf(blocked)] : []),
    ...requests,
  ];
  return `${start.slice(0, -2)}>\n${pieces.map((piece) => `${piece}\n`).join('')}`;
}

/** As clients get it of the archive (XEP-0227 §4.11, XEP-0313 §4.2). */
function resultOf({ id, time, stanza }: ExportedMessage): string {
  const delay = `<delay xmlns='${NS.delay}' stamp='${time}'/>`;
  const forwarded = `<forwarded xmlns='${NS_FORWARD}'>${delay}${stanza}</forwarded>`;
  return `<result xmlns='${NS_MAM}' id='${id}'>${forwarded}</result>\n`;
}

function queryOf(elements: readonly string[]): string {
  return `<query xmlns='${NS_PRIVATE}'>${elements.join('')}</query>`;
}

function scramOf(keys: NonNullable<PortableAccount['scram']>[number]): string {
  const { mechanism, iterations, salt, serverKey, storedKey } = keys;
  const element = new Element('scram-credentials', { xmlns: NS_SCRAM, mechanism });
  element.c('iter-count').t(String(iterations));
  element.c('salt').t(salt);
  element.c('server-key').t(serverKey);
  element.c('stored-key').t(storedKey);
  return serialize(element);
}

function rosterOf(contacts: readonly PortableContact[]): string {
  const query = new Element('query', { xmlns: NS_ROSTER });
  for (const { jid, name, subscription, ask, approved, groups = [] } of contacts) {
    const item = query.c('item', {
      jid,
      ...(name && { name }),
      subscription,
      ...(ask && { ask: 'subscribe' }),
      ...(approved && { approved: 'true' }),
    });
    for (const group of groups) item.c('group').t(group);
  }
  return serialize(query);
}

/** A list that denies each of them everything, by default (XEP-0227 §4.8). */
function privacyOf(blocked: readonly string[]): string {
  const query = new Element('query', { xmlns: NS_PRIVACY });
  query.c('default', { name: 'blocked' });
  const list = query.c('list', { name: 'blocked' });
  for (const [index, value] of blocked.entries()) {
    list.c('item', { type: 'jid', value, action: 'deny', order: index + 1 });
  }
  list.c('item', { action: 'allow', order: blocked.length + 1 });
  return serialize(query);
}
