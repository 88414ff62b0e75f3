import type { Maybe } from '../lib/maybe.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { Stanza } from '../xmpp/stanza.ts';

/** A signed-in resource, wherever it is connected. */
export interface SessionEntry {
  readonly jid: Jid;
  /** Presence priority; null until initial presence and after unavailable (RFC 6121 §4.7.2.3). */
  readonly priority: number | null;
  /** False when the session is gone; the stanza then was not taken. */
  deliver(stanza: Stanza): boolean;
}

/**
 * Who is signed in with which resources. In one process it answers at once;
 * across nodes `peek` knows only what memory holds and `list` may ask around.
 */
export interface SessionDirectory {
  /** Sessions of a bare JID that this process knows of; the array is not to be kept. */
  peek(bare: string): readonly SessionEntry[];
  list(bare: string): Maybe<readonly SessionEntry[]>;
  find(jid: Jid): SessionEntry | undefined;
  /** The sessions of this process. */
  local(): Iterable<SessionEntry>;
  add(entry: SessionEntry): void;
  /** Removes exactly this entry: one that has replaced it stays. */
  remove(entry: SessionEntry): void;
}
