import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Event, Service } from '../lib/token.ts';
import type { Storage } from '../storage/ports.ts';
import type { StreamFeature } from '../stream/feature.ts';
import type { InlineFeature, SessionFeature } from '../stream/inline.ts';
import { HttpRouteTable } from '../transports/http-route-table.ts';
import type { AccountKeeper } from './account-keeper.ts';
import type { Account } from './accounts.ts';
import { CompiledFlows } from './compiled-flows.ts';
import type { Host } from './host.ts';
import { IqTable } from './iq-table.ts';
import type { AccountCommand, ModuleDefinition, ModuleParts, Target } from './module.ts';
import { orderModules, withDependents } from './module-order.ts';
import { NonzaTable } from './nonza-table.ts';

interface Running {
  readonly definition: ModuleDefinition;
  readonly config: unknown;
  readonly parts: ModuleParts;
}

interface ModuleHostDeps {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly webUrl: string | null;
}

type ConfigOf = (name: string) => unknown;
type Services = Map<Service<unknown>, unknown>;

/** Modules that have been set up anew, and are not in place yet. */
export interface PreparedModules {
  /** Puts them in place; stanzas under way go on with the old ones. */
  use(): void;
  discard(): void;
}

/** Sets up the modules of one host, in order, and compiles what they add. */
export class ModuleHost {
  readonly #host: Host;
  readonly #deps: ModuleHostDeps;
  readonly #observers = new Map<Event<unknown>, ((fact: unknown) => void)[]>();
  #services: Services = new Map();
  #keeper!: AccountKeeper;
  #running: readonly Running[] = [];
  #streamFeatures: readonly StreamFeature[] = [];
  #inlineFeatures: readonly InlineFeature[] = [];
  #sessionFeatures: readonly SessionFeature[] = [];
  #httpRoutes = new HttpRouteTable();

  constructor(host: Host, deps: ModuleHostDeps) {
    this.#host = host;
    this.#deps = deps;
  }

  /**
   * Starts the modules and installs their handlers on the host. `configOf`
   * gives a module's section. Throws an `Error` for modules that do not fit together.
   */
  start(
    definitions: readonly ModuleDefinition[],
    { keeper, configOf }: { keeper: AccountKeeper; configOf: ConfigOf },
  ): void {
    this.#keeper = keeper;
    const running = orderModules(definitions).map((definition) =>
      this.#setUp(definition, configOf(definition.name), this.#services),
    );
    this.#install(running);
  }

  /**
   * Sets up anew the modules whose sections have changed, and those that use their
   * services. Throws an `Error` where one of them cannot; then all is as it was.
   */
  prepare(configOf: ConfigOf): PreparedModules {
    const definitions = this.#running.map(({ definition }) => definition);
    const changed = this.#running.filter(
      ({ definition, config }) => !isDeepStrictEqual(config, configOf(definition.name)),
    );
    const concerned = new Set(
      changed.flatMap(({ definition }) => [...withDependents(definition.name, definitions)]),
    );
    const old = this.#running.filter(({ definition }) => concerned.has(definition));
    const services: Services = new Map(this.#services);
    const fresh: Running[] = [];
    try {
      for (const { definition } of old) {
        fresh.push(this.#setUp(definition, configOf(definition.name), services));
      }
    } catch (error) {
      stopAll(fresh);
      throw error;
    }
    return {
      use: () => {
        this.#services = services;
        this.#install(
          this.#running.map(
            (each) => fresh.find(({ definition }) => definition === each.definition) ?? each,
          ),
        );
        stopAll(old);
      },
      discard: () => stopAll(fresh),
    };
  }

  get streamFeatures(): readonly StreamFeature[] {
    return this.#streamFeatures;
  }

  get inlineFeatures(): readonly InlineFeature[] {
    return this.#inlineFeatures;
  }

  get sessionFeatures(): readonly SessionFeature[] {
    return this.#sessionFeatures;
  }

  get httpRoutes(): HttpRouteTable {
    return this.#httpRoutes;
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
    stopAll(this.#running);
  }

  #setUp(definition: ModuleDefinition, config: unknown, services: Services): Running {
    const { storage, clock, log, webUrl } = this.#deps;
    const parts = definition.setup({
      config,
      host: this.#host,
      storage,
      clock,
      log: log.child({ module: definition.name }),
      keeper: this.#keeper,
      webUrl,
      use: (token) => useOf(services, token, definition.name),
      emit: (event, fact) => this.emit(event, fact),
    });
    for (const { token, implementation } of parts.provides ?? []) {
      services.set(token, implementation);
    }
    return { definition, config, parts };
  }

  #observe(running: readonly Running[]): void {
    this.#observers.clear();
    for (const { event, observe } of running.flatMap(({ parts }) => parts.on ?? [])) {
      const observers = this.#observers.get(event) ?? [];
      this.#observers.set(event, [...observers, observe as (fact: unknown) => void]);
    }
  }

  #install(running: readonly Running[]): void {
    const flows = new CompiledFlows();
    const iqs = new IqTable();
    const nonzas = new NonzaTable();
    const httpRoutes = new HttpRouteTable();
    for (const { definition, parts } of running) {
      flows.add(parts.flows ?? {}, definition.name);
      for (const handler of parts.iq ?? []) iqs.add(handler, definition.name);
      for (const handler of parts.nonzas ?? []) nonzas.add(handler, definition.name);
      for (const route of parts.httpRoutes ?? []) httpRoutes.add(route, definition.name);
    }
    const collect = <T>(pick: (each: Running) => readonly T[] | undefined) =>
      running.flatMap((each) => pick(each) ?? []);
    const perTarget = <T>(
      pick: (parts: ModuleParts, target: Target) => readonly T[] | undefined,
    ) => ({
      host: collect(({ parts }) => pick(parts, 'host')),
      account: collect(({ parts }) => pick(parts, 'account')),
    });
    this.#running = running;
    this.#observe(running);
    this.#httpRoutes = httpRoutes;
    this.#streamFeatures = collect(({ parts }) => parts.streamFeatures);
    this.#inlineFeatures = collect(({ parts }) => parts.inlineFeatures);
    this.#sessionFeatures = collect(({ parts }) => parts.sessionFeatures);
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

function useOf<T>(services: Services, token: Service<T>, name: string): T {
  if (services.has(token)) return services.get(token) as T;
  throw new Error(`module ${name} uses ${token.name} without naming it in needs`);
}

/** The last one first. */
function stopAll(modules: readonly Running[]): void {
  for (const { parts } of modules.toReversed()) parts.stop?.();
}
