import type { Stanza } from '../xmpp/stanza.ts';

/**
 * Stands before the wire of one session and may keep back what can wait. Whatever it
 * lets go is written at once, in its order.
 */
export interface Gate {
  /** What is to be written now; nothing where the stanza is kept back. */
  pass(stanza: Stanza): readonly Stanza[];
  /** All that is kept back, which it keeps no more. */
  release(): readonly Stanza[];
  /** The session has ended: what is kept back and still means something to others. */
  surrender(): readonly Stanza[];
}
