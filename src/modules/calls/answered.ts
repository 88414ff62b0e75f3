import { LruMap } from '../../lib/lru.ts';
import type { Element } from '../../xml/element.ts';
import { callId, callStep } from '../../xmpp/calls.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** Calls of one account that it has taken lately. */
const CALLS = 64;
/** Longer ids are no use to remember. */
const MAX_LENGTH = 256;

/** The sessions that an account has agreed to, so that whoever called may open them. */
export class AnsweredCalls {
  readonly #sessions = new LruMap<string, true>(CALLS);

  /** A message of the account that may take a call. */
  note(message: Stanza): void {
    if (callStep(message) !== 'accept') return;
    for (const id of [callId(message), ...sessionsIn(message.payload())]) {
      if (id !== '' && id.length <= MAX_LENGTH) this.#sessions.set(id, true);
    }
  }

  has(session: string): boolean {
    return this.#sessions.get(session) === true;
  }
}

/** XEP-0482 §2.3: the way to join that was chosen names the session. */
function sessionsIn(accept: Element | null): string[] {
  const chosen = accept?.getChildElements().filter((child) => child.getName() === 'jingle') ?? [];
  return chosen.flatMap(({ attrs }) => attrs.sid ?? []);
}
