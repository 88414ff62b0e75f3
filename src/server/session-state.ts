import { NS } from '../xmpp/ns.ts';
import type { Content, Stanza } from '../xmpp/stanza.ts';
import { readStoredStanza } from '../xmpp/stanza.ts';
import type { Sent } from './sent-stanzas.ts';
import type { Session } from './session.ts';
import type { ManagementTerms } from './stream-management.ts';

/** Of what is written below; another one is not read. */
const VERSION = 1;

/** A stanza that the client has not acknowledged, as it is stored. */
interface SentState {
  readonly at: number;
  readonly text: string;
  /** The same in several sessions where one fate is theirs: what one client gets, none gets again. */
  readonly key: number;
  readonly isSeen: boolean;
  readonly isAnswered: boolean;
  /** What it is a copy of. */
  readonly copied?: string;
}

/** A session that goes on in another process, as JSON. */
export interface SessionState {
  readonly version: number;
  readonly resource: string;
  readonly address: string;
  readonly transport: string;
  readonly lang: string;
  readonly started: number;
  readonly detachedAt: number;
  readonly priority: number | null;
  readonly terms: ManagementTerms;
  readonly handled: number;
  readonly acknowledged: number;
  readonly slots: Readonly<Record<string, unknown>>;
  readonly sent: readonly SentState[];
}

/** Writes down the sessions of one stop of the server. */
export class SessionWriter {
  readonly #keys = new Map<Content, number>();

  write(session: Session): string {
    const { handled, sent, terms } = session.management!;
    const { address, transport, lang } = session.connection;
    const { unacknowledged, count } = sent;
    const state: SessionState = {
      ...{ version: VERSION, resource: session.jid.resource, address, transport, lang },
      ...{ started: session.started, detachedAt: session.detachedAt, priority: session.priority },
      ...{ terms, handled: handled.count, acknowledged: count - unacknowledged.length },
      slots: session.saved(),
      sent: unacknowledged.map((each) => this.#stateOf(each)),
    };
    return JSON.stringify(state);
  }

  #stateOf({ stanza, at, isAnswered }: Sent): SentState {
    const { root, copied } = stanza.content;
    const key = this.#keys.get(root) ?? this.#keys.size;
    this.#keys.set(root, key);
    const state = { at, text: stanza.toText(NS.client), key, isSeen: root.isSeen, isAnswered };
    return copied ? { ...state, copied: copied.toText(NS.client) } : state;
  }
}

/** Reads what was written at one stop. */
export class SessionReader {
  /** By their keys. */
  readonly #roots = new Map<number, Stanza>();

  /** Null for what another version has written. */
  read(text: string): SessionState | null {
    const state = JSON.parse(text) as SessionState;
    return state.version === VERSION ? state : null;
  }

  /** Those that were sent, in their order; what several sessions had is one again. */
  sentOf({ sent }: SessionState): Sent[] {
    return sent.map((each) => ({
      stanza: this.#stanzaOf(each),
      at: each.at,
      isAnswered: each.isAnswered,
    }));
  }

  #stanzaOf({ text, key, isSeen, copied }: SentState): Stanza {
    const root = this.#roots.get(key) ?? readStoredStanza(copied ?? text);
    this.#roots.set(key, root);
    if (isSeen) root.content.isSeen = true;
    if (copied === undefined) return root;
    const copy = readStoredStanza(text);
    copy.content.copied = root;
    return copy;
  }
}
