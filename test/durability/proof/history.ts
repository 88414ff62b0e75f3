/** A numbered message; its id is the text of its body, `sender:receiver:n`. */
export interface Message {
  readonly id: string;
  readonly sender: string;
  readonly receiver: string;
  /** Rises with every message of the sender. */
  readonly n: number;
  /** Marked `<no-store/>` (XEP-0334 §4.2), so that no archive may have it. */
  readonly isVolatile: boolean;
  /** `receiver`, or `receiver/resource`: only what goes to the same address keeps its order on the way. */
  readonly to: string;
}

export function messageOf(
  sender: string,
  receiver: string,
  n: number,
  isVolatile = false,
  to = receiver,
): Message {
  return { id: `${sender}:${receiver}:${n}`, sender, receiver, n, isVolatile, to };
}

/** What clients and the one who runs the server have done, seen and said. */
export type Fact =
  /** Given to a device for sending; what stream management has it send again is no other fact. */
  | { readonly kind: 'sent'; readonly device: string; readonly message: Message }
  /** The server has taken it over: `h` covers it, or a question asked behind it is answered. */
  | { readonly kind: 'acknowledged'; readonly id: string }
  /** A device was given it; `stanzaId` is that of its own account, null where there is none. */
  | {
      readonly kind: 'heard';
      readonly device: string;
      readonly id: string;
      readonly stanzaId: string | null;
      readonly from: 'stream' | 'archive';
    }
  /** What a device has sent came back to it as an error. */
  | { readonly kind: 'bounced'; readonly device: string; readonly id: string }
  /** A device shows itself available; what waits for it is on its way from now on. */
  | { readonly kind: 'came'; readonly device: string }
  /** Its first presence has come back to it: until then nothing that waited was sent, only what was for it by name. */
  | { readonly kind: 'shown'; readonly device: string }
  /** A new session is available, and what was sent before has been worked on. */
  | { readonly kind: 'bound'; readonly device: string; readonly isResumable: boolean }
  | { readonly kind: 'resumed'; readonly device: string }
  /** The server did not resume a session that it had promised to keep. */
  | { readonly kind: 'refused'; readonly device: string }
  /** A question sent after everything else that stands before this has been answered. */
  | { readonly kind: 'fenced'; readonly device: string }
  /** A device that acknowledges closes its stream: it can acknowledge nothing that comes from now on. */
  | { readonly kind: 'leaving'; readonly device: string }
  /** The stream was closed in both directions. */
  | { readonly kind: 'left'; readonly device: string }
  /** The connection is gone, whoever broke it. */
  | { readonly kind: 'cut'; readonly device: string }
  /** `full`: it ended by itself because the disk was full. */
  | { readonly kind: 'started' | 'killed' | 'stopped' | 'full' }
  | { readonly kind: 'clock'; readonly seconds: number }
  /** What no server may do, as a client has noticed it. */
  | { readonly kind: 'amiss'; readonly device: string; readonly what: string };

/** One device of one account. */
export interface DeviceName {
  /** `account/resource`. */
  readonly name: string;
  readonly account: string;
}

/** One entry of an archive, read from its beginning to its end. */
export interface Archived {
  readonly id: string;
  readonly stanzaId: string;
}

/** All that the oracle judges by. The order of facts is that of time. */
export interface History {
  readonly facts: readonly Fact[];
  readonly devices: readonly DeviceName[];
  /** By account; null where the server has no archive. */
  readonly archives: ReadonlyMap<string, readonly Archived[]> | null;
}

/** Facts as they come, and whoever waits for the next. */
export class Chronicle {
  readonly facts: Fact[] = [];
  readonly times: number[] = [];
  onFact: (fact: Fact) => void = () => {};
  readonly #began = performance.now();

  add(fact: Fact): void {
    this.facts.push(fact);
    this.times.push(performance.now() - this.#began);
    this.onFact(fact);
  }
}
