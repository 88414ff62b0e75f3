import { isLater, type Maybe, now, then } from '../../lib/maybe.ts';
import { OncePer } from '../../lib/once-per.ts';
import type { Element } from '../../xml/element.ts';
import type { ClientStream } from '../client-stream.ts';
import { mayLogInUnencrypted, mayShowPassword } from '../encryption-policy.ts';
import type { Step } from '../feature.ts';
import type { FailureThrottle } from '../ports.ts';
import { decodeBase64 } from './base64.ts';
import { certifiedUsers, external } from './external.ts';
import type { Hashing } from './hashing.ts';
import {
  type SaslCondition,
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOffer,
  type SaslOutcome,
} from './mechanism.ts';
import { MECHANISMS } from './mechanisms.ts';
import type { TokenAttempt } from './token-attempt.ts';
import { tokenMechanisms } from './token-offer.ts';

/** How a profile of SASL says what an exchange has led to. */
export interface SaslProfile {
  /** For the log. */
  readonly name: string;
  challenge(data: Buffer): Element;
  failure(condition: SaslCondition): Element;
  /**
   * Tells the client that it has signed in; `byPassword` where it has just shown to
   * know the password.
   */
  succeed(username: string, data: Buffer, byPassword: boolean): Maybe<Step>;
}

const NO_OFFER: SaslOffer = { mechanisms: [], bindingTypes: [] };

/** Failures on one stream that were no attempts, and so do not count: all types with all hashes. */
const MAX_EXCUSED = 9;

/** What the sign-ins of all streams share. */
export interface SignInDeps {
  readonly hashing: Hashing;
  readonly throttle: FailureThrottle;
}

/** The sign-ins of all streams. */
export class SignIns {
  readonly #deps: SignInDeps;
  readonly #signIns = new WeakMap<ClientStream, SignIn>();

  constructor(deps: SignInDeps) {
    this.#deps = deps;
  }

  of(stream: ClientStream): SignIn {
    const known = this.#signIns.get(stream);
    if (known) return known;
    const signIn = new SignIn(stream, this.#deps);
    this.#signIns.set(stream, signIn);
    return signIn;
  }
}

/** How one stream signs in: one exchange at a time, in whichever profile (RFC 6120 §6). */
export class SignIn {
  readonly #stream: ClientStream;
  readonly #deps: SignInDeps;
  #offer = NO_OFFER;
  #exchange: SaslExchange | null = null;
  /** The account that the exchange is about, or the last one was, once that is known. */
  #account: string | null = null;
  /** The exchange's, or the last one's: for the log. */
  #mechanism = '';
  #failures = 0;
  #excused = 0;

  constructor(stream: ClientStream, deps: SignInDeps) {
    this.#stream = stream;
    this.#deps = deps;
  }

  get isUnderWay(): boolean {
    return this.#exchange !== null;
  }

  /** What the client may use now; it holds until the next offer. */
  offer(): SaslOffer {
    this.#offer = offerTo(this.#stream);
    return this.#offer;
  }

  /**
   * Begins an exchange in place of any other; `attempt` where the client shows a token, for
   * which there are mechanisms of their own. Throws `SaslError`.
   */
  begin(name: string | undefined, attempt: TokenAttempt | null = null): void {
    if (!this.#stream.isSecure && !mayLogInUnencrypted(this.#stream)) {
      throw new SaslError('encryption-required');
    }
    const offered = attempt ? tokenMechanisms(this.#stream) : this.#offer.mechanisms;
    const mechanism = offered.find((each) => each.name === name);
    if (!mechanism) throw new SaslError('invalid-mechanism');
    this.#mechanism = mechanism.name;
    this.#account = null;
    this.#exchange = mechanism.begin(this.#context(attempt));
  }

  /** Takes a message in base64; null asks for the first one. Throws or rejects with `SaslError`. */
  next(text: string | null): Maybe<SaslOutcome> {
    if (!this.#exchange) throw new SaslError('malformed-request');
    if (text === null) return { kind: 'challenge', data: Buffer.alloc(0) };
    const message = decodeBase64(text);
    if (!message) throw new SaslError('incorrect-encoding');
    return this.#exchange.next(message);
  }

  /** Answers what `take` makes of an element, in the words of a profile. */
  answer(profile: SaslProfile, take: () => Maybe<SaslOutcome>): Maybe<Step> {
    try {
      const outcome = take();
      if (!isLater(outcome)) return this.#tell(profile, outcome);
      return outcome.then(
        (value) => this.#tell(profile, value),
        (error) => this.refuse(profile, error),
      );
    } catch (error) {
      return this.refuse(profile, error);
    }
  }

  #context(attempt: TokenAttempt | null): SaslContext {
    const { host, connection } = this.#stream;
    const isBindable = attempt !== null || this.#offer.bindingTypes.length > 0;
    return {
      domain: host.domain,
      hashing: this.#deps.hashing,
      saltSecret: host.saltSecret,
      scramIterations: host.policy.scramIterations,
      decoyBcrypt: host.decoyBcrypt ?? null,
      channelBindings: isBindable ? connection.channelBindings : null,
      certifiedUsers: usersOf(this.#stream),
      offer: this.#offer,
      credentials: (username, hash) => {
        this.#account = `${username}@${host.domain}`;
        return host.credentials(username, hash);
      },
      verify: host.verify ? (username, password) => this.#verify(username, password) : null,
      verifyToken: host.verifyToken?.bind(host) ?? null,
      attempt: attempt && this.#watched(attempt),
    };
  }

  #watched(attempt: TokenAttempt): Pick<TokenAttempt, 'show'> {
    return {
      show: (username, ...shown) => {
        this.#account = `${username}@${this.#stream.host.domain}`;
        return attempt.show(username, ...shown);
      },
    };
  }

  #verify(username: string, password: string): Promise<boolean> {
    const { host } = this.#stream;
    this.#account = `${username}@${host.domain}`;
    return host.verify!(username, password);
  }

  #tell(profile: SaslProfile, outcome: SaslOutcome): Maybe<Step> {
    if (outcome.kind === 'challenge') {
      this.#stream.sendElement(profile.challenge(outcome.data));
      return 'engage';
    }
    this.#exchange = null;
    const { log, remoteAddress: address, connection } = this.#stream;
    const how = { profile: profile.name, mechanism: this.#mechanism };
    log.debug({ address, ...how, tls: connection.tls?.version }, 'signed in');
    this.#stream.signInEnded(this.#mechanism, 'success');
    const byPassword = MECHANISMS.get(this.#mechanism)?.provesPassword ?? false;
    return profile.succeed(outcome.username, outcome.data, byPassword);
  }

  /** Any failure may be followed by another attempt, so many times (RFC 6120 §6.4.5). */
  refuse(profile: SaslProfile, error: unknown): Maybe<Step> {
    this.#exchange = null;
    this.#count(error);
    const condition = error instanceof SaslError ? error.condition : 'temporary-auth-failure';
    this.#stream.signInEnded(this.#mechanism, condition);
    const { log, remoteAddress: address } = this.#stream;
    if (error instanceof SaslError) log.info({ address, condition }, 'sign-in failed');
    else log.error({ address, err: error }, 'sign-in failed to run');
    return then(this.#hold(condition), (mayTell) => {
      if (mayTell) this.#stream.sendElement(profile.failure(condition));
      if (!mayTell || this.#failures >= this.#stream.host.policy.maxAuthAttempts) {
        this.#stream.close('policy-violation', 'too many attempts to sign in');
      }
      return 'continue';
    });
  }

  /** Whoever guesses hears late that the guess was wrong; nothing else tells more than that. */
  #hold(condition: SaslCondition): Maybe<boolean> {
    if (condition !== 'not-authorized') return now(true);
    const { remoteAddress: address, host } = this.#stream;
    const { maxFailureDelay: maxDelay } = host.policy;
    return this.#deps.throttle.hold({ address, account: this.#account, maxDelay });
  }

  #count(error: unknown): void {
    const isExcused = error instanceof SaslError && !error.isAttempt && this.#excused < MAX_EXCUSED;
    if (isExcused) this.#excused += 1;
    else this.#failures += 1;
  }
}

/** None where TLS has to come first (RFC 6120 §5.3.1). */
function offerTo(stream: ClientStream): SaslOffer {
  if (!stream.isSecure && !mayLogInUnencrypted(stream)) return NO_OFFER;
  const types = stream.connection.channelBindings?.types ?? [];
  const names = stream.host.policy.mechanisms;
  const isCertified = usersOf(stream).length > 0;
  const showsPassword = mayShowPassword(stream);
  const key = `${isCertified} ${showsPassword} ${types.join()}`;
  return offers.get(names, key, () => makeOffer({ names, types, isCertified, showsPassword }));
}

/** Of the mechanisms of a policy, by what else they depend on. */
const offers = new OncePer<readonly string[], SaslOffer>();

function makeOffer(state: {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly isCertified: boolean;
  readonly showsPassword: boolean;
}): SaslOffer {
  const { names, types, isCertified, showsPassword } = state;
  // First the bound ones: a client that could bind and does not take one is refused.
  const bound = types.length > 0 ? known(names.map((name) => `${name}-PLUS`)) : [];
  const others = known(names).filter(({ isPlaintext }) => !isPlaintext || showsPassword);
  const mechanisms = [...(isCertified ? [external] : []), ...bound, ...others];
  return { mechanisms, bindingTypes: bound.length > 0 ? types : [] };
}

/** Whom the client's certificate is for at the stream's host. */
function usersOf({ connection, host: { domain, secureContext } }: ClientStream): string[] {
  const addresses = secureContext ? connection.certifiedAddresses(secureContext) : [];
  return addresses.length > 0 ? certifiedUsers(addresses, domain) : [];
}

function known(names: readonly string[]): SaslMechanism[] {
  return names.map((name) => MECHANISMS.get(name)).filter((mechanism) => mechanism !== undefined);
}
