/**
 * What one conversation shows, made of what comes in any order: live, from other devices,
 * and from the archive page by page. Nothing here knows the network or the page.
 */

export type Delivery = 'sending' | 'sent' | 'received' | 'displayed' | 'failed';

/** A message as it came. */
export interface Arrival {
  /** Its `id`: what corrections, receipts and markers name. */
  readonly id: string;
  /** In the archive; null where it has none, or it is not known yet. */
  readonly archiveId: string | null;
  readonly isOwn: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly body: string;
  /** Where a file lies that it brings (XEP-0066). */
  readonly file: string | null;
  /** Whether its author has taken it back, so that the archive has a tombstone (XEP-0424 §4). */
  readonly isRetracted: boolean;
  /** Whether the sender asks to be told that it was read (XEP-0333). */
  readonly isMarkable: boolean;
}

/** A message as it is shown. */
export interface Entry extends Arrival {
  /** Stays the same while it is on the page. */
  readonly key: string;
  readonly isCorrected: boolean;
  /** Of one's own messages; `received` for those of others. */
  readonly delivery: Delivery;
}

/** By the same side as the message that it names. */
interface Amendment {
  readonly isOwn: boolean;
  readonly time: number;
  /** Null takes the message back. */
  readonly body: string | null;
}

interface Item {
  arrival: Arrival;
  readonly key: string;
  delivery: Delivery;
}

const RANK: readonly Delivery[] = ['sending', 'sent', 'received', 'displayed', 'failed'];

export class Timeline {
  /** The oldest first. */
  #items: Item[] = [];
  readonly #byArchiveId = new Set<string>();
  /** By the id that they name; the message itself may come later. */
  readonly #amendments = new Map<string, Amendment[]>();
  readonly #received = new Set<string>();
  readonly #displayed = new Set<string>();
  #made = 0;

  /** Adds a message; false where it is there already. */
  add(arrival: Arrival, delivery: Delivery = 'sent'): boolean {
    if (arrival.archiveId !== null && this.#byArchiveId.has(arrival.archiveId)) return false;
    if (arrival.archiveId !== null) this.#byArchiveId.add(arrival.archiveId);
    const known = arrival.isOwn ? this.#own(arrival.id) : undefined;
    if (known) {
      this.#know(known, arrival, delivery);
      return false;
    }
    this.#made += 1;
    const item = { arrival, key: `${this.#made}`, delivery: arrival.isOwn ? delivery : 'received' };
    this.#insert(item as Item);
    return true;
  }

  /** A correction (XEP-0308). */
  correct(id: string, isOwn: boolean, time: number, body: string): void {
    this.#amend(id, { isOwn, time, body });
  }

  /** A retraction (XEP-0424): nothing of the message is shown any more. */
  retract(id: string, isOwn: boolean, time: number): void {
    this.#amend(id, { isOwn, time, body: null });
  }

  /** The peer has got one's own message of that id (XEP-0184). */
  received(id: string): void {
    this.#received.add(id);
  }

  /** The peer has read one's own message of that id, and all before it (XEP-0333). */
  displayed(id: string): void {
    this.#displayed.add(id);
  }

  /** How far one's own message of that id has come; it never goes back. */
  advance(id: string, delivery: Delivery): void {
    const item = this.#own(id);
    if (item) advance(item, delivery);
  }

  fail(id: string): void {
    const item = this.#own(id);
    if (item) item.delivery = 'failed';
  }

  /** Takes one's own failed message of that id out; undefined where there is none. */
  takeFailed(id: string): Arrival | undefined {
    const item = this.#own(id);
    if (item?.delivery !== 'failed') return undefined;
    this.#items = this.#items.filter((each) => each !== item);
    return item.arrival;
  }

  /** One's own messages that the server may not have, the oldest first. */
  unsent(): Arrival[] {
    return this.#items
      .filter(({ arrival, delivery }) => arrival.isOwn && delivery === 'sending')
      .map(({ arrival }) => arrival);
  }

  get newestArchiveId(): string | null {
    return this.#items.findLast(({ arrival }) => arrival.archiveId)?.arrival.archiveId ?? null;
  }

  /** Of the oldest message that the archive has shown; null for none. */
  get oldestTime(): number | null {
    return this.#items.find(({ arrival }) => arrival.archiveId)?.arrival.time ?? null;
  }

  get oldestArchiveId(): string | null {
    return this.#items.find(({ arrival }) => arrival.archiveId)?.arrival.archiveId ?? null;
  }

  has(archiveId: string): boolean {
    return this.#byArchiveId.has(archiveId);
  }

  /** All that is to be shown, the oldest first. */
  entries(): Entry[] {
    const readUpTo = this.#items.findLastIndex(
      ({ arrival }) => arrival.isOwn && this.#displayed.has(arrival.id),
    );
    return this.#items.map((item, index) => this.#show(item, index <= readUpTo));
  }

  #show({ arrival, key, delivery }: Item, isRead: boolean): Entry {
    const amendments = (this.#amendments.get(arrival.id) ?? []).filter(
      ({ isOwn }) => isOwn === arrival.isOwn,
    );
    const isRetracted = arrival.isRetracted || amendments.some(({ body }) => body === null);
    const latest = amendments.reduce<Amendment | null>(
      (best, each) => (!best || each.time >= best.time ? each : best),
      null,
    );
    return {
      ...arrival,
      key,
      isRetracted,
      isCorrected: latest !== null && !isRetracted,
      body: isRetracted ? '' : (latest?.body ?? arrival.body),
      file: isRetracted ? null : arrival.file,
      delivery: arrival.isOwn ? this.#deliveryOf(arrival, delivery, isRead) : 'received',
    };
  }

  #deliveryOf({ id }: Arrival, known: Delivery, isRead: boolean): Delivery {
    if (known === 'failed') return known;
    if (isRead) return 'displayed';
    return this.#received.has(id) ? 'received' : known;
  }

  /** The archive, or another device, shows a message that this page has sent. */
  #know(item: Item, arrival: Arrival, delivery: Delivery): void {
    const { archiveId } = item.arrival;
    const hasMoved = archiveId === null && arrival.archiveId !== null;
    item.arrival = { ...arrival, archiveId: arrival.archiveId ?? archiveId };
    advance(item, delivery);
    if (!hasMoved) return;
    this.#items = this.#items.filter((each) => each !== item);
    this.#insert(item);
  }

  /** By time; what comes later stands behind what has the same. */
  #insert(item: Item): void {
    const before = this.#items.findLastIndex(({ arrival }) => arrival.time <= item.arrival.time);
    this.#items.splice(before + 1, 0, item);
  }

  #amend(id: string, amendment: Amendment): void {
    this.#amendments.set(id, [...(this.#amendments.get(id) ?? []), amendment]);
  }

  #own(id: string): Item | undefined {
    return this.#items.findLast(({ arrival }) => arrival.isOwn && arrival.id === id);
  }
}

/** What has failed stays so, though the server has got it. */
function advance(item: Item, delivery: Delivery): void {
  if (RANK.indexOf(delivery) > RANK.indexOf(item.delivery)) item.delivery = delivery;
}
