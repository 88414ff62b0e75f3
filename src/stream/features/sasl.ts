import { isLater, type Maybe } from '../../lib/maybe.ts';
import { type Element, xml } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import { mayLogInUnencrypted, mayShowPassword } from '../encryption-policy.ts';
import type { Step, StreamFeature } from '../feature.ts';
import { decodeBase64 } from '../sasl/base64.ts';
import type { Hashing } from '../sasl/hashing.ts';
import {
  type SaslContext,
  SaslError,
  type SaslExchange,
  type SaslMechanism,
  type SaslOutcome,
} from '../sasl/mechanism.ts';
import { MECHANISMS } from '../sasl/mechanisms.ts';

/** How far a stream has come with signing in. */
interface Attempts {
  exchange: SaslExchange | null;
  failures: number;
}

/** Authentication with SASL (RFC 6120 §6). */
export function sasl(hashing: Hashing): StreamFeature {
  const attempts = new WeakMap<ClientStream, Attempts>();
  return {
    name: 'sasl',
    requires: [],
    forbids: ['authenticated'],
    accepts: ['auth', 'response', 'abort'].map((name) => ({ name, xmlns: NS.sasl })),
    offer: offerMechanisms,

    negotiate(stream, element) {
      const state = attempts.get(stream) ?? { exchange: null, failures: 0 };
      attempts.set(stream, state);
      return new SaslStep(stream, state, hashing).take(element);
    },
  };
}

function offerMechanisms(stream: ClientStream): Element | null {
  const offered = offeredMechanisms(stream).map(({ name }) => xml('mechanism', {}, name));
  return offered.length > 0 ? xml('mechanisms', { xmlns: NS.sasl }, ...offered) : null;
}

/** None where TLS has to come first (RFC 6120 §5.3.1). */
function offeredMechanisms(stream: ClientStream): SaslMechanism[] {
  if (!stream.isSecure && !mayLogInUnencrypted(stream)) return [];
  return stream.host.policy.mechanisms
    .map((name) => MECHANISMS.get(name))
    .filter((mechanism) => mechanism !== undefined)
    .filter((mechanism) => !mechanism.isPlaintext || mayShowPassword(stream));
}

/** One message from the client, and what answers it. */
class SaslStep {
  readonly #stream: ClientStream;
  readonly #state: Attempts;
  readonly #hashing: Hashing;

  constructor(stream: ClientStream, state: Attempts, hashing: Hashing) {
    this.#stream = stream;
    this.#state = state;
    this.#hashing = hashing;
  }

  take(element: Element): Maybe<Step> {
    try {
      const outcome = this.#run(element);
      if (!isLater(outcome)) return this.#answer(outcome);
      return outcome.then(
        (value) => this.#answer(value),
        (error) => this.#refuse(error),
      );
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** A new `<auth/>` takes the place of an exchange under way (RFC 6120 §6.4.2). */
  #run(element: Element): Maybe<SaslOutcome> {
    if (element.name === 'abort') throw new SaslError('aborted');
    if (element.name === 'auth') this.#state.exchange = this.#begin(element.attrs.mechanism);
    const { exchange } = this.#state;
    if (!exchange) throw new SaslError('malformed-request');
    if (element.getChildElements().length > 0) throw new SaslError('malformed-request');
    const text = element.getText();
    const lacksInitialResponse = element.name === 'auth' && text === '';
    if (lacksInitialResponse) return { kind: 'challenge', data: Buffer.alloc(0) };
    return exchange.next(decodeMessage(text));
  }

  #begin(name: string | undefined): SaslExchange {
    if (!this.#stream.isSecure && !mayLogInUnencrypted(this.#stream)) {
      throw new SaslError('encryption-required');
    }
    const mechanism = offeredMechanisms(this.#stream).find((offered) => offered.name === name);
    if (!mechanism) throw new SaslError('invalid-mechanism');
    return mechanism.begin(this.#context());
  }

  #context(): SaslContext {
    const { host } = this.#stream;
    return {
      domain: host.domain,
      hashing: this.#hashing,
      saltSecret: host.saltSecret,
      scramIterations: host.policy.scramIterations,
      decoyBcrypt: host.decoyBcrypt ?? null,
      credentials: (username) => host.credentials(username),
    };
  }

  #answer(outcome: SaslOutcome): Step {
    const text = outcome.data.toString('base64');
    this.#stream.sendElement(xml(outcome.kind, { xmlns: NS.sasl }, text));
    if (outcome.kind === 'challenge') return 'continue';
    this.#state.exchange = null;
    this.#stream.authenticated(outcome.username);
    return 'restart';
  }

  /** Any failure may be followed by another attempt, so many times (RFC 6120 §6.4.5). */
  #refuse(error: unknown): Step {
    this.#state.exchange = null;
    this.#state.failures += 1;
    const condition = error instanceof SaslError ? error.condition : 'temporary-auth-failure';
    this.#stream.sendElement(xml('failure', { xmlns: NS.sasl }, xml(condition)));
    const { log, remoteAddress: address } = this.#stream;
    if (error instanceof SaslError) log.info({ address, condition }, 'sign-in failed');
    else log.error({ address, err: error }, 'sign-in failed to run');
    if (this.#state.failures >= this.#stream.host.policy.maxAuthAttempts) {
      this.#stream.close('policy-violation', 'too many attempts to sign in');
    }
    return 'continue';
  }
}

/** An empty message is written as '=' where it would look like none (RFC 6120 §6.4.2). */
function decodeMessage(text: string): Buffer {
  const message = decodeBase64(text === '=' ? '' : text);
  if (!message) throw new SaslError('incorrect-encoding');
  return message;
}
