/**
 * Typed names by which modules find each other (design: no string registries).
 * A token carries its type; the string is only for people to read.
 */

/** Something that one module provides and others use. */
export interface Service<T> {
  readonly kind: 'service';
  readonly name: string;
  /** Never there at run time; carries the type. */
  readonly type?: T;
}

/** A fact that observers hear of; they have no say in it. */
export interface Event<T> {
  readonly kind: 'event';
  readonly name: string;
  readonly type?: T;
}

/** A place for one module's state: on each session or account, or on the host. */
export interface Slot<T> {
  readonly kind: 'slot';
  readonly name: string;
  readonly index: number;
  /** How the value outlives the process; null where it does not. */
  readonly codec: SlotCodec<T> | null;
  readonly type?: T;
}

/** Turns a value into what JSON can hold, and back. */
export interface SlotCodec<T> {
  encode(value: T): unknown;
  decode(data: unknown): T;
}

/** Of what JSON holds as it is. */
export function asIs<T extends string | number | boolean>(): SlotCodec<T> {
  return { encode: (value) => value, decode: (data) => data as T };
}

export function service<T>(name: string): Service<T> {
  return { kind: 'service', name };
}

export function event<T>(name: string): Event<T> {
  return { kind: 'event', name };
}

let slotCount = 0;
/** Slots whose values outlive the process, by their names. */
const lasting = new Map<string, Slot<unknown>>();

/** With a codec the value goes on in another process where what has the slot does so. */
export function slot<T>(name: string, codec: SlotCodec<T> | null = null): Slot<T> {
  const made: Slot<T> = { kind: 'slot', name, index: slotCount++, codec };
  if (codec) lasting.set(name, made as Slot<unknown>);
  return made;
}

/** The values of slots; an empty one costs a field. */
export class Slots {
  #values: unknown[] | null = null;

  get<T>(slot: Slot<T>): T | undefined {
    return this.#values?.[slot.index] as T | undefined;
  }

  /** What is there; where nothing is, what `make` puts there. */
  kept<T>(slot: Slot<T>, make: () => T): T {
    const there = this.get(slot);
    if (there !== undefined) return there;
    const made = make();
    this.set(slot, made);
    return made;
  }

  /** What is in those slots that outlive the process. */
  saved(): Record<string, unknown> {
    const values = [...lasting.values()].flatMap((slot) => {
      const value = this.get(slot);
      return value === undefined ? [] : [[slot.name, slot.codec?.encode(value)] as const];
    });
    return Object.fromEntries(values);
  }

  /** Puts back what `saved` has returned; what has no slot any more is passed over. */
  restore(values: Readonly<Record<string, unknown>>): void {
    for (const [name, data] of Object.entries(values)) {
      const slot = lasting.get(name);
      if (slot) this.set(slot, slot.codec?.decode(data));
    }
  }

  set<T>(slot: Slot<T>, value: T | undefined): void {
    this.#values ??= [];
    this.#values[slot.index] = value;
  }
}
