import type { Due, Gate } from '../../server/gate.ts';
import { isChatStateOnly } from '../../xmpp/chat-states.ts';
import type { Content, Stanza } from '../../xmpp/stanza.ts';
import { mayWait } from './importance.ts';

const NOTHING: readonly Due[] = [];

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
  readonly #kept = new Map<string | Content, Due>();
  #bytes = 0;

  constructor(limits: HeldBackLimits) {
    this.#limits = limits;
  }

  pass(due: Due): readonly Due[] {
    if (!mayWait(due.stanza)) return this.#kept.size === 0 ? [due] : [...this.release(), due];
    this.#keep({ stanza: due.stanza.keep(), at: due.at });
    const isFull = this.#kept.size > this.#limits.maxStanzas || this.#bytes > this.#limits.maxBytes;
    return isFull ? this.release() : NOTHING;
  }

  release(): readonly Due[] {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    this.#bytes = 0;
    return kept;
  }

  surrender(): readonly Due[] {
    return this.release().filter(({ stanza }) => isOfUse(stanza));
  }

  #keep(due: Due): void {
    const { stanza } = due;
    if (stanza.kind === 'message') {
      // It comes again from a session that has ended, and went to both.
      if (this.#kept.has(stanza.content)) return;
      this.#kept.set(stanza.content, due);
    } else {
      const sender = String(stanza.from);
      const older = this.#kept.get(sender);
      if (older) this.#bytes -= older.stanza.content.raw.length;
      this.#kept.delete(sender);
      this.#kept.set(sender, due);
    }
    this.#bytes += stanza.content.raw.length;
  }
}

/** Whether it means something to another client. */
function isOfUse(stanza: Stanza): boolean {
  return stanza.kind === 'message' && !isChatStateOnly(stanza);
}
