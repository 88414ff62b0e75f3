import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { Ticket } from '../../storage/ports.ts';
import type { PushRegistration, PushStore } from '../../storage/push-port.ts';

type Registrations = ReadonlyMap<string, PushRegistration>;

const Enabled = slot<Maybe<Registrations>>('push registrations');

/** What tells registrations of one account apart (XEP-0357 §5). */
export function keyOf({ service, node }: Pick<PushRegistration, 'service' | 'node'>): string {
  return `${service} ${node}`;
}

/** What accounts have enabled. */
export class RegistrationMemory {
  readonly #store: PushStore;

  constructor(store: PushStore) {
    this.#store = store;
  }

  /** At once, but for the first time. */
  of(account: Account): Maybe<Registrations> {
    return account.get(Enabled) ?? this.#load(account);
  }

  /** Runs `action` on what is enabled in that moment, so that it may change it. */
  use<T>(account: Account, action: (enabled: Registrations) => Maybe<T>): Maybe<T> {
    return then(this.of(account), (enabled) =>
      account.get(Enabled) === enabled ? action(enabled) : this.use(account, action),
    );
  }

  put(account: Account, before: Registrations, registration: PushRegistration): Ticket {
    account.set(Enabled, new Map([...before, [keyOf(registration), registration]]));
    return this.#store.put(account.owner, registration);
  }

  remove(account: Account, before: Registrations, service: string, node: string | null): Ticket {
    const isMeant = (each: PushRegistration) =>
      each.service === service && (node === null || each.node === node);
    account.set(Enabled, new Map([...before].filter(([, each]) => !isMeant(each))));
    return this.#store.remove(account.owner, service, node);
  }

  /** The account is deleted: what is under way for it ends. */
  drop(account: Account): void {
    account.set(Enabled, new Map());
  }

  #load(account: Account): Maybe<Registrations> {
    const found = then(
      this.#store.load(account.owner),
      (all): Registrations => new Map(all.map((each) => [keyOf(each), each])),
    );
    account.set(Enabled, found);
    if (isLater(found)) keepWhenLoaded(account, found);
    return found;
  }
}

/** Puts the registrations themselves in the promise's place, or makes room for another try. */
function keepWhenLoaded(account: Account, loading: Promise<Registrations>): void {
  const settle = (found: Registrations | undefined): void => {
    if (account.get(Enabled) === loading) account.set(Enabled, found);
  };
  loading.then(settle, () => settle(undefined));
}
