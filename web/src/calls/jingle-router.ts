import type { Agent, Stanzas } from 'stanza';
import type { Jingle } from './jingle.ts';
import type { Session } from './session.ts';

/** Sees whether a session that somebody wants to begin is its own; takes it if so. */
export type Taker = (offer: Jingle, from: string) => boolean;

/** How many sessions may be open at a time. */
const MAX_SESSIONS = 50;

/** Brings Jingle requests to their sessions, and answers them: XEP-0166 §6 to §9. */
export class JingleRouter {
  readonly #agent: Agent;
  readonly #sessions = new Map<string, Session>();
  readonly #takers: Taker[] = [];

  constructor(agent: Agent) {
    this.#agent = agent;
    agent.on('iq:set:jingle', (iq) => this.#take(iq));
    agent.disco.addFeature('urn:xmpp:jingle:1');
    agent.disco.addFeature('urn:xmpp:jingle:transports:ice-udp:1');
    agent.disco.addFeature('urn:xmpp:jingle:apps:dtls:0');
  }

  get self(): string {
    return this.#agent.jid;
  }

  addTaker(taker: Taker): void {
    this.#takers.push(taker);
  }

  add(session: Session): void {
    this.#sessions.set(keyOf(session.peer, session.sid), session);
  }

  remove(session: Session): void {
    this.#sessions.delete(keyOf(session.peer, session.sid));
  }

  /** Sends a request; a peer that does not know the session any more has ended it. */
  async send(to: string, jingle: Jingle): Promise<void> {
    // The types of stanza are narrower than its codecs.
    const request = { type: 'set', to, jingle } as unknown as Stanzas.IQ & { type: 'set' };
    try {
      await this.#agent.sendIQ(request);
    } catch (error) {
      this.#refused(to, jingle, error as Partial<Stanzas.IQ>);
      throw error;
    }
  }

  #refused(to: string, { sid, action }: Jingle, answer: Partial<Stanzas.IQ>): void {
    const { condition, jingleError } = answer.error ?? {};
    const session = this.#sessions.get(keyOf(to, sid));
    if (jingleError === 'unknown-session' || condition === 'item-not-found')
      session?.abandon('gone');
    else if (action === 'session-initiate') session?.abandon('failed-application');
    else if (action === 'session-accept') session?.abandon('failed-application');
  }

  #take(iq: Stanzas.IQ): void {
    const jingle = iq.jingle as unknown as Jingle;
    const { from = '' } = iq;
    const session = this.#sessions.get(keyOf(from, jingle.sid));
    if (session === undefined) {
      this.#takeNew(iq, jingle, from);
      return;
    }
    const refusal = session.refusalOf(jingle);
    if (refusal) {
      this.#refuse(iq, refusal === 'tie-break' ? 'conflict' : 'unexpected-request', refusal);
      return;
    }
    this.#agent.sendIQResult(iq);
    session.handle(jingle);
  }

  #takeNew(iq: Stanzas.IQ, jingle: Jingle, from: string): void {
    if (jingle.action !== 'session-initiate') {
      this.#refuse(iq, 'item-not-found', 'unknown-session');
      return;
    }
    const isFull = this.#sessions.size >= MAX_SESSIONS;
    const isTaken = !isFull && this.#takers.some((taker) => taker(jingle, from));
    if (isTaken) this.#agent.sendIQResult(iq);
    else this.#refuse(iq, 'service-unavailable');
  }

  #refuse(iq: Stanzas.IQ, condition: string, jingleError?: string): void {
    const type = condition === 'unexpected-request' ? 'wait' : 'cancel';
    const error = { type, condition, ...(jingleError ? { jingleError } : {}) };
    this.#agent.sendIQError(iq, { error: error as Stanzas.StanzaError });
  }
}

function keyOf(peer: string, sid: string): string {
  return `${peer} ${sid}`;
}
