import { StanzaError } from '../../xmpp/errors.ts';
import { JidError, prepareLocal } from '../../xmpp/jid.ts';
import {
  coarseLook,
  hasTooManyMarks,
  isInOneScript,
  looksLikeAscii,
} from '../../xmpp/look-alikes.ts';

/**
 * Names that people take for the operator's: the mailboxes of RFC 2142, those
 * that certificates are validated by, and what else sounds like an office.
 */
export const RESERVED_NAMES: readonly string[] = [
  ...['abuse', 'admin', 'administrator', 'billing', 'bot', 'contact', 'daemon', 'ftp', 'help'],
  ...[
    'helpdesk',
    'hostmaster',
    'info',
    'jabber',
    'localhost',
    'mail',
    'mailer-daemon',
    'marketing',
  ],
  ...['moderator', 'news', 'nobody', 'noc', 'no-reply', 'official', 'operator', 'owner'],
  ...['postmaster', 'registrar', 'root', 'sales', 'security', 'server', 'ssladmin'],
  ...['ssladministrator', 'sslwebmaster', 'staff', 'support', 'sysadmin', 'system', 'trust'],
  ...['usenet', 'uucp', 'webmaster', 'www', 'xmpp'],
];

/** Which names people may choose for themselves; operators may give any. */
export class NameRules {
  readonly #maxLength: number;
  readonly #reservedLooks: ReadonlySet<string>;

  constructor(maxLength: number, reserved: readonly string[]) {
    this.#maxLength = maxLength;
    this.#reservedLooks = new Set(reserved.map((name) => coarseLook(name.toLowerCase())));
  }

  /**
   * The localpart that a name stands for. Throws `StanzaError` not-acceptable for
   * what nobody may choose, whoever has an account here.
   */
  prepare(name: string): string {
    const local = prepare(name);
    const fault = this.#faultOf(local);
    if (fault) throw new StanzaError('not-acceptable', fault);
    return local;
  }

  isReserved(local: string): boolean {
    return this.#reservedLooks.has(coarseLook(local));
  }

  #faultOf(local: string): string | null {
    const max = this.#maxLength;
    if (local.length > max) return `the name has more than ${max} characters`;
    if (!isInOneScript(local)) return 'the name mixes scripts';
    if (looksLikeAscii(local)) return 'the name has letters that look like others';
    return hasTooManyMarks(local) ? 'the name has too many marks on a letter' : null;
  }
}

function prepare(name: string): string {
  if (name === '') throw new StanzaError('not-acceptable', 'the name is missing');
  try {
    return prepareLocal(name);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('not-acceptable', error.text);
    throw error;
  }
}
