import { type Maybe, now } from '../lib/maybe.ts';
import type { Jid } from '../xmpp/jid.ts';
import type { SessionDirectory, SessionEntry } from './ports.ts';

const NOBODY: readonly SessionEntry[] = [];

/** The session directory of a server that is one process. */
export class LocalDirectory implements SessionDirectory {
  readonly #sessions = new Map<string, SessionEntry[]>();

  peek(bare: string): readonly SessionEntry[] {
    return this.#sessions.get(bare) ?? NOBODY;
  }

  list(bare: string): Maybe<readonly SessionEntry[]> {
    return now(this.peek(bare));
  }

  find(jid: Jid): SessionEntry | undefined {
    return this.peek(jid.bareString).find((entry) => entry.jid.resource === jid.resource);
  }

  add(entry: SessionEntry): void {
    const bare = entry.jid.bareString;
    const entries = this.#sessions.get(bare);
    if (entries) entries.push(entry);
    else this.#sessions.set(bare, [entry]);
  }

  remove(entry: SessionEntry): void {
    const bare = entry.jid.bareString;
    const rest = this.peek(bare).filter((other) => other !== entry);
    if (rest.length > 0) this.#sessions.set(bare, rest);
    else this.#sessions.delete(bare);
  }

  *local(): Iterable<SessionEntry> {
    for (const entries of this.#sessions.values()) yield* entries;
  }
}
