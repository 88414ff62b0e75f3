import type { Gate } from '../../server/gate.ts';
import { isChatStateOnly } from '../../xmpp/chat-states.ts';
import type { Content, Stanza } from '../../xmpp/stanza.ts';
import { mayWait } from './importance.ts';

const NOTHING: readonly Stanza[] = [];

export interface HeldBackLimits {
  readonly maxStanzas: number;
  readonly maxBytes: number;
}

/**
 * What waits for a client that nobody looks at, in the order in which it came: of
 * presence the newest of each sender, and messages that are no news. Anything else
 * takes all of it along, and so does a stanza too many.
 */
export class HeldBack implements Gate {
  readonly #limits: HeldBackLimits;
  /** Presence by its sender, messages by their content. */
  readonly #kept = new Map<string | Content, Stanza>();
  #bytes = 0;

  constructor(limits: HeldBackLimits) {
    this.#limits = limits;
  }

  pass(stanza: Stanza): readonly Stanza[] {
    if (!mayWait(stanza)) return this.#kept.size === 0 ? [stanza] : [...this.release(), stanza];
    this.#keep(stanza.keep());
    const isFull = this.#kept.size > this.#limits.maxStanzas || this.#bytes > this.#limits.maxBytes;
    return isFull ? this.release() : NOTHING;
  }

  release(): readonly Stanza[] {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    this.#bytes = 0;
    return kept;
  }

  surrender(): readonly Stanza[] {
    return this.release().filter((stanza) => stanza.kind === 'message' && !isChatStateOnly(stanza));
  }

  #keep(stanza: Stanza): void {
    if (stanza.kind === 'message') {
      // It comes again from a session that has ended, and went to both.
      if (this.#kept.has(stanza.content)) return;
      this.#kept.set(stanza.content, stanza);
    } else {
      const sender = String(stanza.from);
      const older = this.#kept.get(sender);
      if (older) this.#bytes -= older.content.raw.length;
      this.#kept.delete(sender);
      this.#kept.set(sender, stanza);
    }
    this.#bytes += stanza.content.raw.length;
  }
}
