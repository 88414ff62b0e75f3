import type { Attacker } from '../../security/support/attacker.ts';
import type { Fortress } from '../../security/support/fortress.ts';

/** Messages that go ahead of each roster set. */
export const MESSAGES_PER_SET = 5;

const DOMAIN = 'open.example';

/** What a server has answered, or shown to others, before it was killed. */
export interface Witnessed {
  /** Roster sets whose result has come. */
  sets: number;
  /** The newest item that was pushed to another session. */
  pushed: number;
  /** By name: how far its subscription was seen to have come. */
  readonly subscriptions: Map<string, 'asked' | 'granted'>;
}

/**
 * Keeps a server busy and notes what it owns up to. Every method ends when the
 * server does.
 */
export class Witness {
  readonly seen: Witnessed = { sets: 0, pushed: 0, subscriptions: new Map() };
  readonly #fortress: Fortress;
  readonly #onAnswer: () => void;

  /** `onAnswer` hears of each answer. */
  constructor(fortress: Fortress, onAnswer: () => void) {
    this.#fortress = fortress;
    this.#onAnswer = onAnswer;
  }

  /**
   * Sends numbered messages to who is away, and behind each few of them a roster
   * set of the same number: its answer says that they are on disk.
   */
  async writes(firstMessage: number, firstSet: number): Promise<void> {
    const writer = await this.#fortress.signIn('attacker');
    const other = await this.#fortress.signIn('attacker');
    other.says("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    await other.fence();
    void this.#untilTheEnd(() => this.#readPushes(other));
    let message = firstMessage;
    const ahead = 4;
    for (let set = firstSet; set < firstSet + ahead; set++) message = say(writer, message, set);
    await this.#untilTheEnd(async () => {
      for (let set = firstSet; ; set++) {
        await writer.hears(`id='set${set}'`);
        this.seen.sets = set;
        this.#onAnswer();
        message = say(writer, message, set + ahead);
      }
    });
  }

  async #readPushes(session: Attacker): Promise<void> {
    for (;;) {
      const push = await session.hears('</iq>');
      this.seen.pushed = Number(/name="(\d+)"/.exec(push)?.[1] ?? this.seen.pushed);
    }
  }

  /** One account asks for a subscription to each of the names, and is granted it. */
  async subscribes(names: readonly string[]): Promise<void> {
    const asker = await this.#fortress.signIn('victim');
    asker.says('<presence/>');
    await asker.fence();
    await this.#untilTheEnd(async () => {
      for (const name of names) await this.#subscribe(asker, name);
    });
  }

  async #subscribe(asker: Attacker, name: string): Promise<void> {
    const granter = await this.#fortress.signIn(name);
    granter.says('<presence/>');
    await granter.fence();
    asker.says(`<presence type='subscribe' to='${name}@${DOMAIN}'/>`);
    await granter.hears("type='subscribe'");
    this.seen.subscriptions.set(name, 'asked');
    granter.says(`<presence type='subscribed' to='victim@${DOMAIN}'/>`);
    await asker.hears(`from='${name}@${DOMAIN}' type='subscribed'`);
    this.seen.subscriptions.set(name, 'granted');
    this.#onAnswer();
  }

  /** The end of the server is the end of the work; any other failure is one. */
  async #untilTheEnd(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!String(error).includes('the server hung up')) throw error;
    }
  }
}

function say(writer: Attacker, firstMessage: number, set: number): number {
  let text = '';
  for (let n = firstMessage; n < firstMessage + MESSAGES_PER_SET; n++) {
    text += `<message type='chat' to='absent@${DOMAIN}'><body>${n}</body></message>`;
  }
  text += `<iq type='set' id='set${set}'><query xmlns='jabber:iq:roster'><item jid='n${set}@far.example' name='${set}'/></query></iq>`;
  writer.says(text);
  return firstMessage + MESSAGES_PER_SET;
}
