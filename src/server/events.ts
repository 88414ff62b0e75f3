import { event } from '../lib/token.ts';
import type { Session } from './session.ts';

/** A session has left the directory; its stream is gone or about to be. */
export const SessionEnded = event<{ readonly session: Session; readonly clean: boolean }>(
  'session ended',
);
