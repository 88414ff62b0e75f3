import type { StanzaKind } from '../xmpp/stanza.ts';
import type { Outcome } from './flow.ts';

type Outcomes = Record<Outcome['kind'], number>;

/** How many stanzas the clients of a host have sent, and what became of them. */
export class Traffic implements Readonly<Record<StanzaKind, Outcomes>> {
  readonly message: Outcomes = { done: 0, dropped: 0, error: 0 };
  readonly presence: Outcomes = { done: 0, dropped: 0, error: 0 };
  readonly iq: Outcomes = { done: 0, dropped: 0, error: 0 };
  /** Clients that wanted to go on with a session, and whether they could. */
  readonly resumptions = { resumed: 0, failed: 0 };
  /** Files that clients have uploaded, slots and files that were refused, and those that broke off. */
  readonly uploads = { stored: 0, refused: 0, failed: 0 };
  /** Bytes of the files that are kept. */
  keptBytes = 0;
  /** Time-limited credentials that clients were given for external services. */
  credentials = 0;
  /** Calls that clients have proposed, and those that were refused since they were too many. */
  readonly calls = { proposed: 0, refused: 0 };
}
