import type { Clock } from '../lib/clock.ts';
import type { SessionWire } from '../stream/ports.ts';
import type { Account } from './accounts.ts';
import type { Host } from './host.ts';
import type { Session } from './session.ts';

/** Hears what becomes of a session. */
export interface SessionLife {
  ended(session: Session, clean: boolean): void;
  /** Its connection is lost, and its client may come back. */
  detached(session: Session): void;
  resumed(session: Session): void;
}

/** What a session is made with. */
export interface SessionDeps {
  readonly account: Account;
  readonly host: Host;
  readonly wire: SessionWire;
  readonly clock: Clock;
  readonly life: SessionLife;
  /** When it began, where it goes on from before. */
  readonly started?: number;
}
