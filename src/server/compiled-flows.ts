import { isLater, type Maybe } from '../lib/maybe.ts';
import type { Stanza, StanzaKind } from '../xmpp/stanza.ts';
import type {
  Apply,
  Check,
  Copy,
  Deliver,
  FlowParts,
  Incoming,
  Outcome,
  Outgoing,
  Rewrite,
  Routed,
  Store,
} from './flow.ts';

/** The handlers of one flow by stage, in the order in which they run. */
export interface CompiledFlow<C> {
  readonly check: Check<C>[];
  readonly rewrite: Rewrite<C>[];
  readonly store: Store<C>[];
  readonly apply: Apply<C>[];
  readonly deliver: Deliver<C>[];
  readonly broadcast: Copy<C>[];
  readonly copy: Copy<C>[];
}

const STAGES = ['check', 'rewrite', 'store', 'apply', 'deliver', 'broadcast', 'copy'] as const;
type Stage = (typeof STAGES)[number];
type Direction = keyof FlowParts;

/** A handler of any stage; only the last ones are told the outcome. */
export type Handler = (stanza: Stanza, context: never, outcome: never) => unknown;

/** Where a handler stands, and whose it is. */
export interface HandlerPlace {
  readonly direction: Direction;
  readonly kind: StanzaKind;
  readonly stage: Stage;
  readonly module: string;
}

type FlowsOf<C> = Readonly<Record<StanzaKind, CompiledFlow<C>>>;

function emptyFlows<C>(): FlowsOf<C> {
  const empty = (): CompiledFlow<C> => ({
    check: [],
    rewrite: [],
    store: [],
    apply: [],
    deliver: [],
    broadcast: [],
    copy: [],
  });
  return { message: empty(), presence: empty(), iq: empty() };
}

/** The flows of one host, compiled at boot from what its modules add. */
export class CompiledFlows {
  readonly outgoing: FlowsOf<Outgoing> = emptyFlows();
  readonly incoming: FlowsOf<Incoming> = emptyFlows();
  readonly #names = new Map<unknown[], string[]>();

  /** Adds a module's handlers behind those added before. Throws on a second `deliver`. */
  add(parts: FlowParts, module: string): void {
    for (const direction of ['outgoing', 'incoming'] as const) {
      for (const [kind, stages] of Object.entries(parts[direction] ?? {})) {
        for (const [stage, handler] of Object.entries(stages)) {
          this.#append(direction, kind as StanzaKind, stage as Stage, handler, module);
        }
      }
    }
  }

  /** The same flows with other handlers in the places of these. */
  mapped(change: (handler: Handler, place: HandlerPlace) => Handler): CompiledFlows {
    const flows = new CompiledFlows();
    for (const { direction, kind, stage } of places()) {
      const handlers = this.#handlers(direction, kind, stage);
      const names = this.#names.get(handlers) ?? [];
      for (const [at, module] of names.entries()) {
        const changed = change(handlers[at] as Handler, { direction, kind, stage, module });
        flows.#append(direction, kind, stage, changed, module);
      }
    }
    return flows;
  }

  /** `incoming message store: offline, …`, a line for each stage that has handlers. */
  describe(): string[] {
    return places().flatMap(({ direction, kind, stage }) => {
      const names = this.#names.get(this.#handlers(direction, kind, stage));
      return names ? [`${direction} ${kind} ${stage}: ${names.join(', ')}`] : [];
    });
  }

  #append(direction: Direction, kind: StanzaKind, stage: Stage, handler: unknown, module: string) {
    const handlers = this.#handlers(direction, kind, stage);
    const names = this.#names.get(handlers) ?? [];
    if (stage === 'deliver' && names.length > 0) {
      throw new Error(`modules ${names[0]} and ${module} both deliver an incoming ${kind}`);
    }
    handlers.push(handler);
    this.#names.set(handlers, [...names, module]);
  }

  #handlers(direction: Direction, kind: StanzaKind, stage: Stage): unknown[] {
    return this[direction][kind][stage];
  }
}

/** All stages of all flows, in the order in which people read them. */
function places(): Omit<HandlerPlace, 'module'>[] {
  return (['outgoing', 'incoming'] as const).flatMap((direction) =>
    (['message', 'presence', 'iq'] as const).flatMap((kind) =>
      STAGES.map((stage) => ({ direction, kind, stage })),
    ),
  );
}

/** The last stages, once the outcome is known. */
export function conclude<C>(
  routed: Maybe<Routed>,
  flow: CompiledFlow<C>,
  stanza: Stanza,
  context: C,
): Maybe<Routed> {
  const last = runLast.bind(null, flow as AnyFlow, stanza, context);
  if (isLater(routed)) return routed.then((routed) => concludeRouted(routed, last));
  return concludeRouted(routed, last);
}

type AnyFlow = CompiledFlow<unknown>;

function concludeRouted(routed: Routed, last: (outcome: Outcome) => Outcome): Routed {
  if (routed.kind !== 'pending') return last(routed);
  return { kind: 'pending', outcome: routed.outcome.then(last) };
}

function runLast(flow: AnyFlow, stanza: Stanza, context: unknown, outcome: Outcome): Outcome {
  for (const broadcast of flow.broadcast) broadcast(stanza, context, outcome);
  for (const copy of flow.copy) copy(stanza, context, outcome);
  return outcome;
}
