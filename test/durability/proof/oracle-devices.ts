import { type Crashes, isCrash } from './crashes.ts';
import type { DeviceName, Fact, Message } from './history.ts';
import type { Indexed, Violation } from './oracle.ts';

interface Hearing {
  readonly at: number;
  readonly stanzaId: string | null;
  readonly from: 'stream' | 'archive';
}

export interface DevicesVerdict {
  readonly violations: readonly Violation[];
  readonly notOwed: number;
  readonly repeatsAfterKills: number;
  readonly repeatsAfterCuts: number;
  readonly repeatsAfterLeaving: number;
}

/** What may end a session before all has arrived that was on its way. */
const ENDS: ReadonlySet<Fact['kind']> = new Set(['cut', 'left', 'killed', 'full', 'stopped']);

/** By what a device comes to a connection, closes its stream, and is rid of the connection. */
const TURNS: ReadonlySet<Fact['kind']> = new Set([
  'came',
  'bound',
  'resumed',
  'leaving',
  'left',
  'cut',
]);

/** By what a session begins, goes on, or ends. */
const STATES: ReadonlySet<Fact['kind']> = new Set(['shown', 'resumed', 'refused', 'left', 'cut']);

/** What reached the devices: all that is owed to them, in order, and again only after a kill. */
export function judgeDevices(indexed: Indexed): DevicesVerdict {
  const judgements = indexed.history.devices.map((one) => new DeviceJudgement(indexed, one));
  const violations = judgements.flatMap((one) => [
    ...one.losses(),
    ...one.repeats(),
    ...one.disorder(),
  ]);
  const sum = (of: (one: DeviceJudgement) => number) =>
    judgements.reduce((total, one) => total + of(one), 0);
  return {
    violations,
    notOwed: sum(({ notOwed }) => notOwed),
    repeatsAfterKills: sum(({ repeatsAfterKills }) => repeatsAfterKills),
    repeatsAfterCuts: sum(({ repeatsAfterCuts }) => repeatsAfterCuts),
    repeatsAfterLeaving: sum(({ repeatsAfterLeaving }) => repeatsAfterLeaving),
  };
}

class DeviceJudgement {
  notOwed = 0;
  repeatsAfterKills = 0;
  repeatsAfterCuts = 0;
  repeatsAfterLeaving = 0;
  readonly #indexed: Indexed;
  readonly #device: DeviceName;
  readonly #facts: readonly Fact[];
  readonly #hearings = new Map<string, Hearing[]>();
  /** Where in the history something happened to this device or to the server. */
  readonly #events: (readonly [number, Fact])[] = [];
  readonly #crashes: Crashes;

  constructor(indexed: Indexed, device: DeviceName) {
    this.#indexed = indexed;
    this.#device = device;
    this.#facts = indexed.history.facts;
    this.#crashes = indexed.crashes;
    for (const [at, fact] of this.#facts.entries()) this.#note(at, fact);
  }

  #note(at: number, fact: Fact): void {
    if ('device' in fact && fact.device !== this.#device.name) return;
    if (fact.kind !== 'heard') {
      if (fact.kind !== 'acknowledged' && fact.kind !== 'sent') this.#events.push([at, fact]);
      return;
    }
    const { stanzaId, from } = fact;
    const known = this.#hearings.get(fact.id);
    if (known) known.push({ at, stanzaId, from });
    else this.#hearings.set(fact.id, [{ at, stanzaId, from }]);
  }

  losses(): Violation[] {
    const violations: Violation[] = [];
    for (const [id, acknowledgedAt] of this.#indexed.acknowledgedAt) {
      const message = this.#indexed.messages.get(id);
      if (!message || !this.#isFor(message) || this.#hearings.has(id)) continue;
      if (!this.#isOwed(message, acknowledgedAt)) this.notOwed++;
      else violations.push({ kind: 'lost', id, text: `${id} never reached ${this.#device.name}` });
    }
    return violations;
  }

  /** Whether it is for this device, sent or received; a device knows what it has sent itself. */
  #isFor({ id, sender, receiver }: Message): boolean {
    const { account, name } = this.#device;
    if (receiver === account) return true;
    const sent = this.#facts[this.#indexed.sentAt.get(id)!]!;
    return sender === account && sent.kind === 'sent' && sent.device !== name;
  }

  #isOwed(message: Message, acknowledgedAt: number): boolean {
    const hasArchive = this.#indexed.history.archives !== null;
    if (hasArchive && !message.isVolatile) return true;
    if (message.receiver !== this.#device.account) return false;
    const sentAt = this.#indexed.sentAt.get(message.id)!;
    if (this.#wasThere(sentAt, acknowledgedAt)) return true;
    return !message.isVolatile && this.#hasWaited(sentAt, acknowledgedAt);
  }

  /** Whether one session was there from the sending on until it was fenced after the acknowledgement. */
  #wasThere(sentAt: number, acknowledgedAt: number): boolean {
    const state = this.#sessionAt(sentAt);
    if (state === null || (!state.isConnected && !state.isResumable)) return false;
    for (const [at, fact] of this.#events) {
      if (at <= sentAt) continue;
      if (fact.kind === 'fenced' && at > acknowledgedAt) return true;
      if (isCrash(fact) || fact.kind === 'bound' || fact.kind === 'left') return false;
      if (fact.kind === 'cut' && !state.isResumable) return false;
    }
    return false;
  }

  #sessionAt(when: number): { isResumable: boolean; isConnected: boolean } | null {
    let state: { isResumable: boolean; isConnected: boolean } | null = null;
    for (const [at, fact] of this.#events) {
      if (at > when) break;
      if (fact.kind === 'bound') state = { isResumable: fact.isResumable, isConnected: true };
      if (fact.kind === 'left' || isCrash(fact)) state = null;
      if (state && fact.kind === 'cut') state.isConnected = false;
      if (state && fact.kind === 'resumed') state.isConnected = true;
    }
    return state;
  }

  /**
   * Whether it waited for the next session of the only device: nobody was there from
   * the sending to the acknowledgement, and the next session was not broken before it was fenced.
   */
  #hasWaited(sentAt: number, acknowledgedAt: number): boolean {
    const { account } = this.#device;
    if (this.#indexed.history.devices.filter((other) => other.account === account).length > 1)
      return false;
    if (!this.#isSurelyAway(sentAt)) return false;
    let hasCome = false;
    for (const [at, { kind }] of this.#events) {
      if (at <= sentAt) continue;
      if (kind === 'came' && at < acknowledgedAt) return false;
      if (kind === 'came') hasCome = true;
      if (kind === 'fenced' && hasCome) return true;
      if (hasCome && ENDS.has(kind)) return false;
    }
    return false;
  }

  /** Whether the server knew at that time that the device was not there. */
  #isSurelyAway(when: number): boolean {
    let isAway = true;
    for (const [at, { kind }] of this.#events) {
      if (at > when) break;
      if (kind === 'came' || kind === 'resumed') isAway = false;
      if (kind === 'left' || kind === 'killed' || kind === 'full') isAway = true;
    }
    return isAway;
  }

  /** What the server sent more than once; what a client fetches from the archive it asked for. */
  repeats(): Violation[] {
    const violations: Violation[] = [];
    const { name } = this.#device;
    for (const [id, hearings] of this.#hearings) {
      const ids = new Set(hearings.map(({ stanzaId }) => stanzaId));
      if (ids.size > 1) {
        const text = `${name} heard ${id} under ${[...ids].join(' and ')}`;
        violations.push({ kind: 'repeated under another stanza-id', id, text });
      }
      const pushed = hearings.filter(({ from }) => from === 'stream');
      for (const [place, again] of pushed.entries()) {
        const before = pushed[place - 1];
        if (!before || this.#mayRepeat(before, again)) continue;
        const text = `${name} heard ${id} once more, though nothing had been killed`;
        violations.push({ kind: 'repeated without a kill', id, text });
      }
    }
    return violations;
  }

  /** Whether what was heard may be heard once more. */
  #mayRepeat(before: Hearing, again: Hearing): boolean {
    if (this.#crashes.overlap(before.at, again.at)) {
      this.repeatsAfterKills++;
      return true;
    }
    if (this.#cameBehindTheEnd(before, again) && before.stanzaId === again.stanzaId) {
      this.repeatsAfterLeaving++;
      return true;
    }
    const resumes = this.#events.some(([, fact]) => fact.kind === 'bound' && fact.isResumable);
    const wasCut = this.#events.some(
      ([at, { kind }]) => at > before.at && at < again.at && kind === 'cut',
    );
    if (resumes || !wasCut) return false;
    this.repeatsAfterCuts++;
    return true;
  }

  /** Whether it came over a stream that the device had closed, and again over another one. */
  #cameBehindTheEnd(before: Hearing, again: Hearing): boolean {
    const closed = this.#turnBefore(before.at);
    return closed?.[1].kind === 'leaving' && this.#turnBefore(again.at) !== closed;
  }

  #turnBefore(when: number): readonly [number, Fact] | undefined {
    return this.#events.findLast(([at, { kind }]) => at < when && TURNS.has(kind));
  }

  /** The first hearings of what the server sent by itself come in the order of the sender. */
  disorder(): Violation[] {
    const violations: Violation[] = [];
    const newest = new Map<string, number>();
    const { name } = this.#device;
    for (const [id, hearings] of this.#hearings) {
      const message = this.#indexed.messages.get(id);
      if (!message) {
        violations.push({ kind: 'never sent', id, text: `${name} heard ${id}, sent by nobody` });
        continue;
      }
      const [first] = hearings;
      if (first!.from !== 'stream' || this.#wasGivenToAnother(id, first!.at)) continue;
      if (message.to === name && this.#wasHidden(first!.at)) continue;
      const pair = `${message.sender}:${message.to}`;
      const before = newest.get(pair) ?? 0;
      if (message.n < before) {
        const text = `${name} heard ${id} behind number ${before}`;
        violations.push({ kind: 'reordered', id, text });
      }
      newest.set(pair, Math.max(before, message.n));
    }
    return violations;
  }

  /**
   * Whether the device had not shown itself yet: it gets at once what is for it by name (RFC 6121
   * §8.5.3.1), and what waited only when it is available.
   */
  #wasHidden(when: number): boolean {
    const next = this.#events.find(([at, { kind }]) => at > when && STATES.has(kind));
    return next?.[1].kind === 'shown';
  }

  /**
   * Whether what waited for the account had gone to another of its devices, and came here
   * only because a kill kept the server from hearing that it had arrived (XEP-0160 §3).
   */
  #wasGivenToAnother(id: string, when: number): boolean {
    const { account, name } = this.#device;
    return this.#facts
      .slice(0, when)
      .some(
        (fact, at) =>
          fact.kind === 'heard' &&
          fact.id === id &&
          fact.device !== name &&
          fact.device.startsWith(`${account}/`) &&
          this.#crashes.overlap(at, when),
      );
  }
}
