import type { Clock } from '../lib/clock.ts';
import { Element } from '../xml/element.ts';
import { NS_DISCO_INFO } from '../xmpp/disco-info.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import { PendingRequests } from './pending-requests.ts';

/** Sends an IQ request to the client; false when it is gone. */
export type SendRequest = (payload: Element, id: string, type: 'get' | 'set') => boolean;

/** What the server asks one client, and what it finds out by that. */
export class ClientQuestions {
  readonly #asker: Jid;
  readonly #send: SendRequest;
  readonly #pending: PendingRequests;
  /** Who wants to know whether the client has got what was delivered. */
  readonly #receipts = new Set<(isReceived: boolean) => void>();

  /** `asker` is whom answers are addressed to. */
  constructor(clock: Clock, asker: Jid, send: SendRequest) {
    this.#asker = asker;
    this.#send = send;
    this.#pending = new PendingRequests(clock);
  }

  /** Whether the stanza is an answer that somebody waits for, who now has it. */
  take(stanza: Stanza): boolean {
    return this.#pending.take(stanza);
  }

  /** Null when the client does not answer. */
  ask(payload: Element, type: 'get' | 'set'): Promise<Stanza | null> {
    return this.#pending.ask(this.#asker, (id) => this.#send(payload, id, type));
  }

  /**
   * Whether the client has got all that was delivered until now. It tells by answering
   * a question behind it, as every client has to (RFC 6120 §8.2.3), or is found out by
   * other means, which `tell` is for.
   */
  async isReceived(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#receipts.add(resolve);
    // Any question would do; to a ping some answer by crashing (go-sendxmpp 0.5.6).
    const question = new Element('query', { xmlns: NS_DISCO_INFO });
    const send = (id: string) => this.#send(question, id, 'get');
    // A slow line needs its time: the stream's own deadlines are what ends a dead one.
    void this.#pending.ask(this.#asker, send, null).then((answer) => {
      if (answer) resolve(true);
    });
    return await promise.finally(() => this.#receipts.delete(resolve));
  }

  /** Whether the client has got what was delivered is known otherwise. */
  tell(isReceived: boolean): void {
    for (const resolve of this.#receipts) resolve(isReceived);
  }

  /** The client is gone: nothing will come. */
  giveUp(): void {
    this.#pending.giveUp();
  }
}
