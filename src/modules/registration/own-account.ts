import type { Log } from '../../lib/log.ts';
import type { AccountKeeper } from '../../server/account-keeper.ts';
import type { Host } from '../../server/host.ts';
import type { IqRequest } from '../../server/module.ts';
import type { Session } from '../../server/session.ts';
import { PasswordRefusedError, SourceError } from '../../sources/ports.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import { makeResult, makeStanza, type Stanza } from '../../xmpp/stanza.ts';
import type { Places, Rate } from './limits.ts';
import { assertPassword, decodeWish, encodeRegistered } from './syntax.ts';

/** What users may do with their accounts, and what that needs. */
export interface OwnAccountDeps {
  readonly mayChangePassword: boolean;
  readonly mayRemove: boolean;
  /** By account. */
  readonly changes: Rate;
  readonly places: Places;
  readonly keeper: AccountKeeper;
  readonly host: Host;
  readonly log: Log;
}

/** What whoever has signed in does with the own account (XEP-0077 §3.2, §3.3). */
export class OwnAccount {
  readonly #deps: OwnAccountDeps;

  constructor(deps: OwnAccountDeps) {
    this.#deps = deps;
  }

  /** XEP-0077 §3.1, example 3. */
  describe({ from }: IqRequest): Element {
    if (!this.#isOurs(from)) throw new StanzaError('service-unavailable');
    return encodeRegistered(from.local);
  }

  async change({ stanza, from, payload, session, afterwards }: IqRequest): Promise<null> {
    const wish = decodeWish(payload);
    if (wish.kind === 'cancel') return null;
    if (!session || !this.#isOurs(from)) {
      throw new StanzaError(
        wish.kind === 'remove' ? 'registration-required' : 'service-unavailable',
      );
    }
    if (wish.kind === 'account') {
      await this.#setPassword(session, wish);
    } else {
      await this.#remove(session);
      afterwards.push(() => takeLeave(session, stanza));
    }
    return null;
  }

  /** XEP-0077 §3.3. The session that asks goes on; all others have to sign in again. */
  async #setPassword(
    session: Session,
    { username, password }: { username: string; password: string },
  ): Promise<void> {
    const { mayChangePassword, changes, places, keeper, log } = this.#deps;
    const { jid } = session;
    if (!mayChangePassword) throw new StanzaError('not-allowed');
    if (!session.mayShowPassword) throw new StanzaError('not-authorized', 'this needs TLS');
    if (username === '') throw new StanzaError('bad-request', 'the name is missing');
    assertPassword(password, 'bad-request');
    // A second account for one who has one (§3.1.1), or somebody else's.
    if (!isNameOf(jid, username)) throw new StanzaError('not-acceptable', 'that is not your name');
    if (!changes.take(jid.local)) throw new StanzaError('resource-constraint', 'try again later');
    const change = () => keeper.setPassword(jid.local, password, session);
    const closed = await places.during(() => change().catch(refuse));
    log.info({ jid: jid.bare, closed }, 'password changed by its user');
  }

  /** XEP-0077 §3.2. Contacts see this session go before they hear that the account does. */
  async #remove(session: Session): Promise<void> {
    const { mayRemove, keeper, host, log } = this.#deps;
    const { jid } = session;
    if (!mayRemove) throw new StanzaError('not-allowed');
    const unavailable = makeStanza('presence', { type: 'unavailable', from: jid });
    await host.outgoing(unavailable, session);
    await keeper.remove(jid.local, { spared: session });
    log.info({ jid: jid.bare }, 'account deleted by its user');
  }

  #isOurs({ local, domain }: Jid): boolean {
    return local !== '' && domain === this.#deps.host.domain;
  }
}

/** What an account source says to a change of password. */
function refuse(error: unknown): never {
  if (error instanceof PasswordRefusedError)
    throw new StanzaError('not-acceptable', 'not this one');
  if (error instanceof SourceError) throw new StanzaError('resource-constraint', 'try again later');
  throw error;
}

/** The usual answer has found no account any more, so that the session itself is given one. */
function takeLeave(session: Session, request: Stanza): void {
  session.deliver(makeResult(request, null));
  session.close('not-authorized', 'the account has been deleted');
}

/** Some clients send the whole address (XEP-0077 §3.3, last example). */
function isNameOf({ local, domain }: Jid, username: string): boolean {
  try {
    const jid = username.includes('@') ? Jid.parse(username) : Jid.make(username, domain);
    return jid.isBare && jid.local === local && jid.domain === domain;
  } catch (error) {
    if (error instanceof JidError) return false;
    throw error;
  }
}
