import type { Session } from './session.ts';

/** Hears what becomes of a session. */
export interface SessionLife {
  ended(session: Session, clean: boolean): void;
  /** Its connection is lost, and its client may come back. */
  detached(session: Session): void;
  resumed(session: Session): void;
}
