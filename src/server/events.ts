import type { Maybe } from '../lib/maybe.ts';
import { event } from '../lib/token.ts';
import type { Account } from './accounts.ts';
import type { Session } from './session.ts';

/** A session has left the directory; its stream is gone or about to be. */
export const SessionEnded = event<{ readonly session: Session; readonly clean: boolean }>(
  'session ended',
);

/** A session has lost its connection, and waits for its client to come back. */
export const SessionDetached = event<{ readonly session: Session }>('session detached');

/** A session of the process before waits again; what has to be in memory for it, is waited for. */
export const SessionRestored = event<{
  readonly session: Session;
  waitFor(task: Maybe<unknown>): void;
}>('session restored');

/** The client has come back. */
export const SessionResumed = event<{ readonly session: Session }>('session resumed');

/** Nobody is signed in to the account any more: what can be had from the store may leave memory. */
export const AccountIdle = event<{ readonly account: Account }>('account idle');
