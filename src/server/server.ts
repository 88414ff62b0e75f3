import type { SessionDirectory } from '../cluster/ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Storage } from '../storage/ports.ts';
import { AccountKeeper, type AccountRules } from './account-keeper.ts';
import { Accounts } from './accounts.ts';
import { Host } from './host.ts';
import type { ModuleDefinition } from './module.ts';
import { ModuleHost, type PreparedModules } from './module-host.ts';
import { Router } from './router.ts';
import { SessionBinder, type SessionRules } from './session-binder.ts';
import { Tracing } from './tracing.ts';

/** What a host needs to know of its configuration. */
export interface HostSettings {
  readonly domain: string;
  readonly sessions: SessionRules;
  readonly accounts: AccountRules;
  /** By module name: the section, or false where the module is off. */
  readonly modules: ReadonlyMap<string, unknown | false>;
}

export interface ServerDeps {
  readonly storage: Storage;
  readonly directory: SessionDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly modules: readonly ModuleDefinition[];
}

/** One served host with its modules and the way into it. */
export interface ServedHost {
  readonly host: Host;
  readonly modules: ModuleHost;
  readonly binder: SessionBinder;
  readonly keeper: AccountKeeper;
}

/** The hosts of this process and the router between them; knows no transport. */
export class Server {
  readonly router = new Router();
  readonly tracing = new Tracing();
  readonly #served = new Map<string, ServedHost>();
  readonly #deps: ServerDeps;

  constructor(hosts: readonly HostSettings[], deps: ServerDeps) {
    this.#deps = deps;
    for (const settings of hosts) this.#serve(settings);
  }

  get hosts(): Iterable<ServedHost> {
    return this.#served.values();
  }

  find(domain: string): ServedHost | null {
    return this.#served.get(domain) ?? null;
  }

  /**
   * Puts new settings of the same hosts to use: all of them in one turn, or none where a
   * module throws. Which modules are on stays as it is.
   */
  useSettings(hosts: readonly HostSettings[]): void {
    const prepared = this.#prepare(hosts);
    for (const { domain, sessions, accounts } of hosts) {
      const served = this.find(domain);
      served?.binder.useRules(sessions);
      served?.keeper.useRules(accounts);
    }
    for (const each of prepared) each.use();
  }

  /** Closes every session with system-shutdown and stops the modules. */
  stop(): void {
    for (const { binder, modules } of this.#served.values()) {
      binder.closeAll('system-shutdown');
      modules.stop();
    }
  }

  #prepare(hosts: readonly HostSettings[]): readonly PreparedModules[] {
    const prepared: PreparedModules[] = [];
    try {
      for (const { domain, modules } of hosts) {
        const served = this.find(domain);
        if (served) prepared.push(served.modules.prepare((name) => modules.get(name)));
      }
      return prepared;
    } catch (error) {
      for (const each of prepared) each.discard();
      throw error;
    }
  }

  #serve(settings: HostSettings): void {
    const { storage, directory, clock, log } = this.#deps;
    const accounts = new Accounts(settings.domain, storage.users);
    const { router, tracing } = this;
    const host = new Host(settings.domain, { accounts, directory, router, tracing, log });
    const modules = new ModuleHost(host, { storage, clock, log });
    const isOn = (module: ModuleDefinition) =>
      module.hosts.includes(host.kind) && settings.modules.get(module.name) !== false;
    const emit = modules.emit.bind(modules);
    const binder = new SessionBinder(host, settings.sessions, { clock, log, emit });
    const farewell = modules.farewell.bind(modules);
    const deps = { storage, clock, binder, farewell };
    const keeper = new AccountKeeper(host, settings.accounts, deps);
    const configOf = (name: string) => settings.modules.get(name);
    modules.start(this.#deps.modules.filter(isOn), { keeper, configOf });
    this.router.add(host);
    this.#served.set(settings.domain, { host, modules, binder, keeper });
  }
}
