import type { Maybe } from '../lib/maybe.ts';
import type { Owner, Ticket } from './ports.ts';

/** Where somebody wants push notifications to go (XEP-0357 §5). */
export interface PushRegistration {
  /** JID of the push service, prepared. */
  readonly service: string;
  /** '' for none. */
  readonly node: string;
  /** The form of publish options as text; null for none. */
  readonly options: string | null;
}

export interface PushStore {
  /** By service and node. */
  load(owner: Owner): Maybe<readonly PushRegistration[]>;
  /** In place of the one with that service and node. */
  put(owner: Owner, registration: PushRegistration): Ticket;
  /** Of all nodes where `node` is null. */
  remove(owner: Owner, service: string, node: string | null): Ticket;
}
