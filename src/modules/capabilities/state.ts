import type { DiscoIdentity } from '../../xmpp/disco-info.ts';
import type { Announced } from './announced.ts';
import type { Capabilities } from './answer.ts';

/** Sets that are remembered for one session alone, the newest. */
const MAX_OWN = 4;
/** Questions that one session may be asked in a row, and milliseconds until it may be one more. */
const BURST = 5;
const INTERVAL = 60_000;

/** As JSON has it. */
interface Written {
  readonly announced: Announced;
  readonly known: { readonly identities: readonly DiscoIdentity[]; readonly features: string[] };
  readonly isShared: boolean;
}

/** What one session has announced, and what is known of it. */
export class CapabilityState {
  /** The newest; null while unavailable. */
  announced: Announced | null = null;
  /** The key that `capabilities` is for; '' while nothing is known. */
  knownKey = '';
  capabilities: Capabilities | null = null;
  /** Whether they count for all who announce the same. */
  isShared = false;
  /** Whether the client has been asked and has not answered yet. */
  isAsked = false;
  /** Calls off another look at it; null while none is due. */
  cancel: (() => void) | null = null;
  /** What counts for this session alone, by key; null where its answer was of no use. */
  #own: Map<string, Capabilities | null> | null = null;
  /** When as many intervals as questions have gone by, in milliseconds since 1970. */
  #paidOff = 0;

  /** Of one that goes on in another process; what is unknown may be asked again there. */
  static decode(data: unknown): CapabilityState {
    const { announced, known, isShared } = data as Partial<Written>;
    const state = new CapabilityState();
    state.announced = announced ?? null;
    if (!announced || !known) return state;
    state.knownKey = announced.key;
    state.capabilities = { identities: known.identities, features: new Set(known.features) };
    state.isShared = isShared ?? false;
    return state;
  }

  encode(): Partial<Written> {
    const { announced, capabilities, isShared } = this;
    if (!announced) return {};
    if (!capabilities || announced.key !== this.knownKey) return { announced };
    const { identities, features } = capabilities;
    return { announced, known: { identities, features: [...features] }, isShared };
  }

  /** Undefined where it has not answered, or long ago. */
  own(key: string): Capabilities | null | undefined {
    return this.#own?.get(key);
  }

  remember(key: string, capabilities: Capabilities | null): void {
    this.#own ??= new Map();
    this.#own.set(key, capabilities);
    const [oldest] = this.#own.keys();
    if (this.#own.size > MAX_OWN && oldest !== undefined) this.#own.delete(oldest);
  }

  /** Takes leave to ask once; returns the milliseconds until there is one, 0 when it is given. */
  takeLeave(now: number): number {
    const wait = this.#paidOff - (BURST - 1) * INTERVAL - now;
    if (wait > 0) return wait;
    this.#paidOff = Math.max(this.#paidOff, now) + INTERVAL;
    return 0;
  }
}
