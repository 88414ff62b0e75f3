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
  readonly type?: T;
}

export function service<T>(name: string): Service<T> {
  return { kind: 'service', name };
}

export function event<T>(name: string): Event<T> {
  return { kind: 'event', name };
}

let slotCount = 0;

export function slot<T>(name: string): Slot<T> {
  return { kind: 'slot', name, index: slotCount++ };
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

  set<T>(slot: Slot<T>, value: T | undefined): void {
    this.#values ??= [];
    this.#values[slot.index] = value;
  }
}
