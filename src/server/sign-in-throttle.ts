import type { Clock } from '../lib/clock.ts';
import { LruMap } from '../lib/lru.ts';
import { type Maybe, now } from '../lib/maybe.ts';
import type { Sample } from '../lib/open-metrics.ts';
import type { FailedSignIn, FailureThrottle } from '../stream/ports.ts';
import { isLoopback, peerKey } from '../transports/address.ts';

/** Failures that are answered at once: people mistype, and networks have many people. */
const FREE_PER_ACCOUNT = 3;
const FREE_PER_PEER = 10;
/** Milliseconds of the first delay; each further failure doubles it. */
const FIRST_DELAY = 500;
/** Milliseconds without another failure after which all is forgotten. */
const MEMORY = 900_000;
/** Accounts and peers that are counted; whoever was not seen for longest is forgotten. */
const COUNTED = 10_000;
/** Answers that wait at a time: for one peer, and for all. */
const WAITING_PER_PEER = 50;
const WAITING = 10_000;

/**
 * Answers failures to sign in later and later, by account and by the network that they
 * come from. Nobody is refused for what others did: a right password is answered at once.
 */
export class SignInThrottle implements FailureThrottle {
  readonly #clock: Clock;
  readonly #accounts: FailureCounts;
  readonly #peers: FailureCounts;
  /** How many answers wait, by peer. */
  readonly #waiting = new Map<string, number>();
  #allWaiting = 0;
  #late = 0;
  #cut = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#accounts = new FailureCounts(clock, FREE_PER_ACCOUNT);
    this.#peers = new FailureCounts(clock, FREE_PER_PEER);
  }

  hold({ address, account, maxDelay }: FailedSignIn): Maybe<boolean> {
    if (maxDelay === 0) return now(true);
    const peer = peerKey(address);
    // Behind a loopback address may stand a proxy, and behind that everybody.
    const ofPeer = isLoopback(address) ? 0 : this.#peers.note(peer);
    const ofAccount = account === null ? 0 : this.#accounts.note(account);
    const delay = Math.min(maxDelay, Math.max(ofPeer, ofAccount));
    return delay === 0 ? now(true) : this.#wait(peer, delay);
  }

  /** For the metrics: failures answered late, and those that ended their stream instead. */
  samples(): Sample[] {
    return [
      { labels: { answer: 'late' }, value: this.#late },
      { labels: { answer: 'none' }, value: this.#cut },
    ];
  }

  /** The place is kept for the whole delay, or hanging up would be the way around it. */
  #wait(peer: string, delay: number): Maybe<boolean> {
    const waiting = this.#waiting.get(peer) ?? 0;
    if (waiting >= WAITING_PER_PEER || this.#allWaiting >= WAITING) {
      this.#cut++;
      return now(false);
    }
    this.#late++;
    this.#count(peer, 1);
    return new Promise((resolve) => {
      this.#clock.after(delay, () => {
        this.#count(peer, -1);
        resolve(true);
      });
    });
  }

  #count(peer: string, change: 1 | -1): void {
    const waiting = (this.#waiting.get(peer) ?? 0) + change;
    this.#allWaiting += change;
    if (waiting > 0) this.#waiting.set(peer, waiting);
    else this.#waiting.delete(peer);
  }
}

/** How often each has failed of late. */
class FailureCounts {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #counts = new LruMap<string, { failures: number; last: number }>(COUNTED);

  constructor(clock: Clock, free: number) {
    this.#clock = clock;
    this.#free = free;
  }

  /** Counts a failure; returns the milliseconds that its answer should wait. */
  note(key: string): number {
    const time = this.#clock.now();
    const known = this.#counts.get(key);
    const count = known && time - known.last < MEMORY ? known : { failures: 0, last: time };
    count.failures++;
    count.last = time;
    this.#counts.set(key, count);
    const excess = count.failures - this.#free;
    return excess > 0 ? FIRST_DELAY * 2 ** Math.min(excess - 1, 16) : 0;
  }
}
