import type { Log } from '../../lib/log.ts';
import type { AccountKeeper } from '../../server/account-keeper.ts';
import type { Host } from '../../server/host.ts';
import { StorageError } from '../../storage/ports.ts';
import type { ClientStream } from '../../stream/client-stream.ts';
import type { Step, StreamFeature } from '../../stream/feature.ts';
import { answerTo, refusalOf } from '../../stream/iq-answer.ts';
import { peerKey } from '../../transports/address.ts';
import { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Places, Rate } from './limits.ts';
import type { NameRules } from './names.ts';
import {
  assertPassword,
  decodeWish,
  encodeFields,
  encodeRedirection,
  NS_REGISTER,
} from './syntax.ts';

const NS_FEATURE = 'http://jabber.org/features/iq-register';

/** It always means the machine itself (RFC 6761 §6.3). */
const LOCAL_DOMAIN = 'localhost';

/** What signing up needs. */
export interface SignUpDeps {
  /** Anybody, nobody, or who sits at the machine of the host `localhost`. */
  readonly openTo: boolean | 'local';
  /** Where those who may not can sign up; null for nowhere. */
  readonly page: string | null;
  readonly names: NameRules;
  readonly perAddress: Rate;
  readonly inAll: Rate;
  readonly places: Places;
  readonly keeper: AccountKeeper;
  readonly host: Host;
  readonly log: Log;
}

/** How far a stream has come with signing up. */
interface Attempts {
  count: number;
  hasAccount: boolean;
}

/**
 * Signing up before signing in (XEP-0077 §3.1.1, §7). Where it is off, whoever
 * asks hears that there is no such service, or where else there is one (§5).
 */
export function signUpFeature(deps: SignUpDeps): StreamFeature {
  const query = { name: 'query', xmlns: NS_REGISTER };
  const signUps = new SignUps(deps);
  return {
    name: 'register',
    requires: [],
    forbids: ['authenticated'],
    accepts: [
      { ...query, inIq: 'get' },
      { ...query, inIq: 'set' },
    ],
    offer: (stream) =>
      signUps.isOpenTo(stream) ? new Element('register', { xmlns: NS_FEATURE }) : null,

    async negotiate(stream, iq): Promise<Step> {
      try {
        const payload = await signUps.answer(stream, iq);
        stream.sendElement(answerTo(iq, ...(payload ? [payload] : [])));
      } catch (error) {
        if (!(error instanceof StanzaError)) throw error;
        stream.sendElement(refusalOf(iq, error));
        signUps.endWhereInVain(stream);
      }
      return 'continue';
    },
  };
}

class SignUps {
  readonly #deps: SignUpDeps;
  readonly #attempts = new WeakMap<ClientStream, Attempts>();

  constructor(deps: SignUpDeps) {
    this.#deps = deps;
  }

  isOpenTo(stream: ClientStream): boolean {
    return this.#isOnFor(stream) ? stream.mayShowPassword : this.#deps.page !== null;
  }

  #isOnFor({ connection }: ClientStream): boolean {
    const { openTo, host } = this.#deps;
    if (openTo !== 'local') return openTo;
    return host.domain === LOCAL_DOMAIN && connection.isLoopback;
  }

  /** The result's payload, if it has one. Rejects with `StanzaError`. */
  async answer(stream: ClientStream, iq: Element): Promise<Element | null> {
    const attempts = this.#attemptsOf(stream);
    attempts.count += 1;
    const { page } = this.#deps;
    const isOn = this.#isOnFor(stream);
    if (!isOn && page && iq.attrs.type === 'get') return encodeRedirection(page);
    if (!isOn) throw new StanzaError('service-unavailable');
    if (!stream.mayShowPassword) {
      throw new StanzaError('not-authorized', 'TLS has to come first');
    }
    if (attempts.hasAccount || attempts.count > maxAttempts(stream)) {
      throw new StanzaError('not-acceptable', 'sign in now');
    }
    if (iq.attrs.type === 'get') return encodeFields();
    await this.#signUp(stream, iq.getChild('query', NS_REGISTER)!, attempts);
    return null;
  }

  /** Whoever goes on and on gets no further. */
  endWhereInVain(stream: ClientStream): void {
    if (this.#attemptsOf(stream).count <= maxAttempts(stream)) return;
    stream.close('policy-violation', 'too many attempts to sign up');
  }

  async #signUp(stream: ClientStream, query: Element, attempts: Attempts): Promise<void> {
    const { names, places, host, log } = this.#deps;
    const wish = decodeWish(query);
    if (wish.kind === 'cancel') return;
    // XEP-0077 §3.2: nobody is known to have an account here.
    if (wish.kind === 'remove') throw new StanzaError('unexpected-request');
    const local = names.prepare(wish.username);
    assertPassword(wish.password, 'not-acceptable');
    const { remoteAddress: address } = stream;
    this.#count(address);
    await places.during(() => this.#create(local, wish.password));
    attempts.hasAccount = true;
    log.info({ jid: `${local}@${host.domain}`, address }, 'account created by its user');
  }

  #count(address: string): void {
    const { perAddress, inAll } = this.#deps;
    if (perAddress.take(peerKey(address)) && inAll.take('')) return;
    throw new StanzaError('resource-constraint', 'too many sign-ups, try again later');
  }

  /** Names that are taken, kept or reserved are all the same to whoever asks. */
  async #create(local: string, password: string): Promise<void> {
    const { keeper, names } = this.#deps;
    const obstacle = await keeper.obstacle(local);
    if (obstacle || names.isReserved(local)) throw new StanzaError('conflict');
    try {
      await keeper.create(local, password);
    } catch (error) {
      // Somebody was faster.
      const isTaken = error instanceof StorageError && (await keeper.obstacle(local)) === 'exists';
      throw isTaken ? new StanzaError('conflict') : error;
    }
  }

  #attemptsOf(stream: ClientStream): Attempts {
    const attempts = this.#attempts.get(stream) ?? { count: 0, hasAccount: false };
    this.#attempts.set(stream, attempts);
    return attempts;
  }
}

/** Asking for the fields counts as well, so that one round is two requests. */
function maxAttempts({ host }: ClientStream): number {
  return 2 * host.policy.maxAuthAttempts;
}
