import { isUtf8 } from 'node:buffer';
import { type Maybe, then } from '../../lib/maybe.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from './mechanism.ts';

/** EXTERNAL (RFC 4422 appendix A): as whom the client's certificate is for (XEP-0178 §2). */
export const external: SaslMechanism = {
  name: 'EXTERNAL',
  isPlaintext: false,
  isBound: false,
  begin: (context) => new ExternalExchange(context),
};

/**
 * The localparts of a domain among addresses that a certificate names, each once. Only a
 * bare JID stands for an account (RFC 6120 §13.7.1.4).
 */
export function certifiedUsers(addresses: readonly string[], domain: string): string[] {
  const own = addresses.map(parse).filter((jid) => jid?.isBare && jid.domain === domain);
  return [...new Set(own.map((jid) => jid!.local))].filter((local) => local !== '');
}

class ExternalExchange implements SaslExchange {
  readonly #context: SaslContext;

  constructor(context: SaslContext) {
    this.#context = context;
  }

  next(message: Buffer): Maybe<SaslOutcome> {
    const username = this.#chosen(message);
    return then(this.#context.credentials(username), (credentials) => {
      if (!credentials || credentials.isDisabled) throw new SaslError('not-authorized');
      return { kind: 'success', username, data: Buffer.alloc(0) };
    });
  }

  /** Without authorization identity there must be no choice (XEP-0178 §2, step 11). */
  #chosen(message: Buffer): string {
    const { certifiedUsers: users, domain } = this.#context;
    if (!isUtf8(message)) throw new SaslError('malformed-request');
    const [only, ...others] = users;
    if (message.length === 0 && only !== undefined && others.length === 0) return only;
    const wanted = parse(message.toString());
    const isOwn = wanted?.isBare && wanted.domain === domain && users.includes(wanted.local);
    if (!isOwn) throw new SaslError('invalid-authzid');
    return wanted.local;
  }
}

function parse(text: string): Jid | null {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof JidError) return null;
    throw error;
  }
}
