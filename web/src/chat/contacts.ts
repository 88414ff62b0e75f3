import { signal } from '@preact/signals';
import type { Agent, Stanzas } from 'stanza';
import { bareOf, resourceOf } from './jid.ts';

export interface Contact {
  /** Bare. */
  readonly jid: string;
  /** What its owner calls it; '' for nothing. */
  readonly name: string;
  /** Whether its presence is seen. */
  readonly isSeen: boolean;
  /** Whether it sees one's own. */
  readonly sees: boolean;
  /** Whether it was asked, and has not answered yet. */
  readonly isAsked: boolean;
}

export type Show = 'available' | 'away' | 'busy' | 'offline';

export interface Availability {
  readonly show: Show;
  /** In the contact's own words; '' for none. */
  readonly status: string;
}

const OFFLINE: Availability = { show: 'offline', status: '' };

/** The best of what its devices say comes first. */
const ORDER: readonly Show[] = ['available', 'busy', 'away', 'offline'];

/** The roster, who of it is there, and who asks to be in it (RFC 6121 §2, §3, §4). */
export class Contacts {
  readonly all = signal<ReadonlyMap<string, Contact>>(new Map());
  readonly availability = signal<ReadonlyMap<string, Availability>>(new Map());
  /** Bare JIDs of those who ask to see one's presence. */
  readonly requests = signal<readonly string[]>([]);
  readonly #agent: Agent;
  readonly #devices = new Map<string, Map<string, Availability>>();

  constructor(agent: Agent) {
    this.#agent = agent;
    agent.on('roster:update', ({ roster }) => this.#put(roster.items ?? []));
    agent.on('available', (presence) => this.#available(presence));
    agent.on('unavailable', ({ from }) => this.#unavailable(from));
    agent.on('subscribe', ({ from }) => this.#asked(bareOf(from)));
    agent.on('unsubscribe', ({ from }) => this.#settle(bareOf(from)));
  }

  /** Of a new session: nobody is there until they say so. */
  async load(): Promise<void> {
    this.#devices.clear();
    this.availability.value = new Map();
    const { items } = await this.#agent.getRoster();
    this.all.value = new Map();
    this.#put(items);
  }

  availabilityOf(jid: string): Availability {
    return this.availability.value.get(jid) ?? OFFLINE;
  }

  /** Asks to see its presence; it is in the roster from then on. */
  async add(jid: string, name: string): Promise<void> {
    await this.#agent.updateRosterItem({ jid, name } as Stanzas.RosterItem);
    this.#agent.subscribe(jid);
    // Who is asked may see the one who asks as well.
    this.#agent.acceptSubscription(jid);
  }

  async rename(jid: string, name: string): Promise<void> {
    await this.#agent.updateRosterItem({ jid, name } as Stanzas.RosterItem);
  }

  async remove(jid: string): Promise<void> {
    await this.#agent.removeRosterItem(jid);
  }

  /** Lets them see one's presence, and asks for theirs. */
  accept(jid: string): void {
    this.#settle(jid);
    this.#agent.acceptSubscription(jid);
    if (!this.all.value.get(jid)?.isSeen) this.#agent.subscribe(jid);
  }

  refuse(jid: string): void {
    this.#settle(jid);
    this.#agent.denySubscription(jid);
  }

  #put(items: readonly Stanzas.RosterItem[]): void {
    const all = new Map(this.all.value);
    for (const { jid, name = '', subscription, pending } of items) {
      if (subscription === 'remove') {
        all.delete(jid);
        continue;
      }
      const isSeen = subscription === 'to' || subscription === 'both';
      const sees = subscription === 'from' || subscription === 'both';
      all.set(jid, { jid, name, isSeen, sees, isAsked: pending === 'subscribe' });
      if (sees) this.#settle(jid);
    }
    this.all.value = all;
  }

  #available({ from, show, status = '' }: Stanzas.ReceivedPresence): void {
    const devices = this.#devices.get(bareOf(from)) ?? new Map<string, Availability>();
    devices.set(resourceOf(from), { show: showOf(show), status });
    this.#devices.set(bareOf(from), devices);
    this.#tell(bareOf(from), devices);
  }

  #unavailable(from: string): void {
    const devices = this.#devices.get(bareOf(from));
    if (!devices) return;
    if (resourceOf(from) === '') devices.clear();
    else devices.delete(resourceOf(from));
    this.#tell(bareOf(from), devices);
  }

  #tell(jid: string, devices: ReadonlyMap<string, Availability>): void {
    const best = [...devices.values()].sort(
      (one, other) => ORDER.indexOf(one.show) - ORDER.indexOf(other.show),
    )[0];
    this.availability.value = new Map(this.availability.value).set(jid, best ?? OFFLINE);
  }

  #asked(jid: string): void {
    const contact = this.all.value.get(jid);
    if (contact?.sees) return;
    if (!this.requests.value.includes(jid)) this.requests.value = [...this.requests.value, jid];
  }

  #settle(jid: string): void {
    this.requests.value = this.requests.value.filter((each) => each !== jid);
  }
}

function showOf(show: string | undefined): Show {
  if (show === 'dnd') return 'busy';
  return show === 'away' || show === 'xa' ? 'away' : 'available';
}
