import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { LruMap } from '../../lib/lru.ts';
import { slot } from '../../lib/token.ts';
import type { Session } from '../../server/session.ts';
import { Element } from '../../xml/element.ts';
import { NS_DISCO_INFO } from '../../xmpp/disco-info.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import type { Announced } from './announced.ts';
import { type Capabilities, judge } from './answer.ts';
import { CapabilityState } from './state.ts';

const State = slot<CapabilityState>('capabilities', {
  encode: (state) => state.encode(),
  decode: CapabilityState.decode,
});

/** Sets that are known of everybody who announces them. */
const MAX_SHARED = 1024;

/** A question that others wait for, since they have announced the same. */
interface Inquiry {
  readonly asked: Session;
  readonly waiting: Set<Session>;
}

/**
 * Asks clients what they can do (XEP-0115 §6.2), as seldom as can be: a set that
 * is proven right is known for all who announce it, and of many who announce the
 * same one is asked. Where that one is of no use the others are asked all at once,
 * so that nobody can keep them waiting for longer than one question takes.
 */
export class Inquiries {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onKnown: (session: Session, capabilities: Capabilities) => void;
  readonly #shared = new LruMap<string, Capabilities>(MAX_SHARED);
  /** By key; at most one for each. */
  readonly #inquiries = new Map<string, Inquiry>();

  /** `onKnown` hears when a session's capabilities are known, or others than before. */
  constructor(deps: {
    clock: Clock;
    log: Log;
    onKnown: (session: Session, capabilities: Capabilities) => void;
  }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#onKnown = deps.onKnown;
  }

  of(session: Session): Capabilities | null {
    return session.get(State)?.capabilities ?? null;
  }

  /** The session's presence says what its client can do. */
  announce(session: Session, announced: Announced): void {
    const state = session.get(State) ?? new CapabilityState();
    session.set(State, state);
    if (state.announced?.key !== announced.key) state.announced = announced;
    this.#look(session, state);
  }

  /** The session goes on from a process before, whose questions are forgotten. */
  adopt(session: Session): void {
    const state = session.get(State);
    if (!state?.isShared || !state.capabilities) return;
    const known = this.#shared.get(state.knownKey);
    if (known) state.capabilities = known;
    else this.#shared.set(state.knownKey, state.capabilities);
  }

  /** The client is there again, and can be asked. */
  resume(session: Session): void {
    const state = session.get(State);
    if (state) this.#look(session, state);
  }

  /** The session is not available any more. */
  withdraw(session: Session): void {
    const state = session.get(State);
    if (!state) return;
    state.announced = null;
    state.knownKey = '';
    state.capabilities = null;
  }

  end(session: Session): void {
    this.withdraw(session);
    session.get(State)?.cancel?.();
  }

  /** Learns what the newest announcement stands for, or sees to it that somebody tells. */
  #look(session: Session, state: CapabilityState): void {
    const { announced } = state;
    if (!announced || announced.key === state.knownKey) return;
    const { key } = announced;
    const known = this.#shared.get(key) ?? state.own(key);
    if (known !== undefined) this.#learn(session, state, known);
    else if (!state.isAsked) this.#wait(session, state, announced);
  }

  #learn(session: Session, state: CapabilityState, capabilities: Capabilities | null): void {
    const isNews = capabilities !== state.capabilities;
    // Of a client that was of no use itself, another one may still tell.
    state.knownKey = (capabilities && state.announced?.key) ?? '';
    state.capabilities = capabilities;
    state.isShared = capabilities !== null && this.#shared.get(state.knownKey) === capabilities;
    if (capabilities && isNews) this.#onKnown(session, capabilities);
  }

  #wait(session: Session, state: CapabilityState, announced: Announced): void {
    const inquiry = this.#inquiries.get(announced.key);
    if (inquiry) inquiry.waiting.add(session);
    else this.#ask(session, state, announced);
  }

  #ask(session: Session, state: CapabilityState, announced: Announced): void {
    const wait = state.takeLeave(this.#clock.now());
    if (wait > 0) {
      this.#lookLater(session, state, wait);
      return;
    }
    const { key, hash, node } = announced;
    state.isAsked = true;
    if (hash !== null && !this.#inquiries.has(key)) {
      this.#inquiries.set(key, { asked: session, waiting: new Set() });
    }
    session
      .ask(new Element('query', { xmlns: NS_DISCO_INFO, node }))
      .then((answer) => this.#settle(session, state, announced, answer))
      .catch((error) => this.#log.error({ err: error }, 'an answer about capabilities failed'));
  }

  #lookLater(session: Session, state: CapabilityState, wait: number): void {
    state.cancel ??= this.#clock.after(wait, () => {
      state.cancel = null;
      this.#look(session, state);
    });
  }

  /** `answer` is null when none came: then it counts neither for nor against the client. */
  #settle(
    session: Session,
    state: CapabilityState,
    announced: Announced,
    answer: Stanza | null,
  ): void {
    state.isAsked = false;
    if (answer) this.#take(state, announced, answer);
    const waiting = this.#release(announced.key, session);
    if (answer || state.announced !== announced) this.#look(session, state);
    for (const other of waiting) this.#serve(other, announced.key);
  }

  #take(state: CapabilityState, announced: Announced, answer: Stanza): void {
    const { key } = announced;
    if (this.#shared.get(key)) return;
    const finding = judge(announced, answer);
    if (finding?.isShared) this.#shared.set(key, finding.capabilities);
    else state.remember(key, finding?.capabilities ?? null);
  }

  /** Those who need not wait any longer: the answer is known, or will not come from this session. */
  #release(key: string, session: Session): Iterable<Session> {
    const inquiry = this.#inquiries.get(key);
    if (!inquiry || (inquiry.asked !== session && !this.#shared.get(key))) return [];
    this.#inquiries.delete(key);
    return inquiry.waiting;
  }

  #serve(session: Session, key: string): void {
    const state = session.get(State);
    const announced = state?.announced;
    if (!state || announced?.key !== key) return;
    if (this.#shared.get(key) || state.isAsked) this.#look(session, state);
    else this.#ask(session, state, announced);
  }
}
