import type { Stanza } from '../xmpp/stanza.ts';

/** A stanza on its way to a client. */
export interface Due {
  readonly stanza: Stanza;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Stands before the wire of one session and may keep back what can wait. Whatever it
 * lets go is written at once, in its order.
 */
export interface Gate {
  /** What is to be written now; nothing where the stanza is kept back. */
  pass(due: Due): readonly Due[];
  /** All that is kept back, which it keeps no more. */
  release(): readonly Due[];
  /** The session has ended: what is kept back and still means something to others. */
  surrender(): readonly Due[];
}
