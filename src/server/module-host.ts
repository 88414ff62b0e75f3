import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Event, Service } from '../lib/token.ts';
import type { Storage } from '../storage/ports.ts';
import type { StreamFeature } from '../stream/feature.ts';
import type { SessionFeature } from '../stream/inline.ts';
import type { AccountKeeper } from './account-keeper.ts';
import type { Account } from './accounts.ts';
import { CompiledFlows } from './compiled-flows.ts';
import type { Host } from './host.ts';
import { IqTable } from './iq-table.ts';
import type { AccountCommand, ModuleDefinition, ModuleParts, Target } from './module.ts';
import { orderModules } from './module-order.ts';
import { NonzaTable } from './nonza-table.ts';

interface Running {
  readonly definition: ModuleDefinition;
  readonly parts: ModuleParts;
}

/** Sets up the modules of one host, in order, and compiles what they add. */
export class ModuleHost {
  readonly #host: Host;
  readonly #deps: { storage: Storage; clock: Clock; log: Log };
  readonly #services = new Map<Service<unknown>, unknown>();
  readonly #observers = new Map<Event<unknown>, ((fact: unknown) => void)[]>();
  #running: Running[] = [];

  constructor(host: Host, deps: { storage: Storage; clock: Clock; log: Log }) {
    this.#host = host;
    this.#deps = deps;
  }

  /**
   * Starts the modules and installs their handlers on the host. `configOf`
   * gives a module's section. Throws an `Error` for modules that do not fit together.
   */
  start(
    definitions: readonly ModuleDefinition[],
    deps: { keeper: AccountKeeper; configOf: (name: string) => unknown },
  ): void {
    const { keeper, configOf } = deps;
    this.#running = orderModules(definitions).map((definition) => {
      const parts = this.#setUp(definition, configOf(definition.name), keeper);
      return { definition, parts };
    });
    this.#install();
  }

  get streamFeatures(): StreamFeature[] {
    return this.#running.flatMap(({ parts }) => parts.streamFeatures ?? []);
  }

  get sessionFeatures(): SessionFeature[] {
    return this.#running.flatMap(({ parts }) => parts.sessionFeatures ?? []);
  }

  get commands(): AccountCommand[] {
    return this.#running.flatMap(({ parts }) => parts.commands ?? []);
  }

  /** What the modules know of an account, for operators. */
  async factsOf(account: Account): Promise<Record<string, unknown>> {
    const facts: Record<string, unknown> = {};
    for (const { parts } of this.#running) Object.assign(facts, await parts.facts?.(account));
    return facts;
  }

  /** Does what the modules have to do before an account goes, the last one first. */
  async farewell(account: Account): Promise<void> {
    for (const { parts } of this.#running.toReversed()) await parts.farewell?.(account);
  }

  /** Tells all observers of a fact; one that fails does not keep it from the others. */
  emit<T>(event: Event<T>, fact: T): void {
    for (const observe of this.#observers.get(event) ?? []) {
      try {
        observe(fact);
      } catch (error) {
        this.#deps.log.error({ err: error, event: event.name }, 'an observer failed');
      }
    }
  }

  stop(): void {
    for (const { parts } of this.#running.toReversed()) parts.stop?.();
  }

  #setUp(definition: ModuleDefinition, config: unknown, keeper: AccountKeeper): ModuleParts {
    const { storage, clock, log } = this.#deps;
    const parts = definition.setup({
      config,
      host: this.#host,
      storage,
      clock,
      log: log.child({ module: definition.name }),
      keeper,
      use: (token) => this.#use(token, definition.name),
      emit: (event, fact) => this.emit(event, fact),
    });
    for (const { token, implementation } of parts.provides ?? []) {
      this.#services.set(token, implementation);
    }
    for (const { event, observe } of parts.on ?? []) {
      const observers = this.#observers.get(event) ?? [];
      this.#observers.set(event, [...observers, observe as (fact: unknown) => void]);
    }
    return parts;
  }

  #use<T>(token: Service<T>, name: string): T {
    if (this.#services.has(token)) return this.#services.get(token) as T;
    throw new Error(`module ${name} uses ${token.name} without naming it in needs`);
  }

  #install(): void {
    const flows = new CompiledFlows();
    const iqs = new IqTable();
    const nonzas = new NonzaTable();
    for (const { definition, parts } of this.#running) {
      flows.add(parts.flows ?? {}, definition.name);
      for (const handler of parts.iq ?? []) iqs.add(handler, definition.name);
      for (const handler of parts.nonzas ?? []) nonzas.add(handler, definition.name);
    }
    const collect = <T>(pick: (running: Running) => readonly T[] | undefined) =>
      this.#running.flatMap((running) => pick(running) ?? []);
    const perTarget = <T>(
      pick: (parts: ModuleParts, target: Target) => readonly T[] | undefined,
    ) => ({
      host: collect(({ parts }) => pick(parts, 'host')),
      account: collect(({ parts }) => pick(parts, 'account')),
    });
    this.#host.install({
      flows,
      iqs,
      nonzas,
      features: perTarget((parts, target) => parts.features?.[target]),
      identities: perTarget((parts, target) => parts.identities?.[target]),
      forms: perTarget((parts, target) => parts.forms?.[target]),
      xeps: collect(({ definition }) => definition.implements),
    });
  }
}
