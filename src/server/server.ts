import type { SessionDirectory } from '../cluster/ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { AccountSource, SourceSettings } from '../sources/ports.ts';
import type { Storage } from '../storage/ports.ts';
import { AccountKeeper, type AccountRules } from './account-keeper.ts';
import { Accounts } from './accounts.ts';
import { ForeignAccounts } from './foreign-accounts.ts';
import { HandledNotes } from './handled-notes.ts';
import { Host } from './host.ts';
import type { HostKind, ModuleDefinition } from './module.ts';
import { ModuleHost, type PreparedModules } from './module-host.ts';
import { Router } from './router.ts';
import { SessionBinder, type SessionRules } from './session-binder.ts';
import { SuspendedSessions } from './suspended-sessions.ts';
import { Tracing } from './tracing.ts';

/** What a host needs to know of its configuration. */
export interface HostSettings {
  readonly domain: string;
  /** `accounts` unless given. */
  readonly kind?: HostKind;
  readonly sessions: SessionRules;
  readonly accounts: AccountRules;
  readonly source: SourceSettings;
  /** The origin at which browsers reach it; null, or left out, where they cannot. */
  readonly webUrl?: string | null;
  /** By module name: the section, or false where the module is off. */
  readonly modules: ReadonlyMap<string, unknown | false>;
}

export interface ServerDeps {
  readonly storage: Storage;
  /** In memory, for what ends with an anonymous session; the same as the others' unless given. */
  readonly transient?: Storage;
  readonly directory: SessionDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly modules: readonly ModuleDefinition[];
  openSource(
    domain: string,
    settings: SourceSettings,
    deps: Pick<ServerDeps, 'storage' | 'clock' | 'log'>,
  ): AccountSource;
}

/** One served host with its modules and the way into it. */
export interface ServedHost {
  readonly host: Host;
  readonly modules: ModuleHost;
  readonly binder: SessionBinder;
  readonly keeper: AccountKeeper;
  /** Its sessions on their way from one process to the next. */
  readonly suspended: SuspendedSessions;
  /** Where what belongs to its accounts is kept. */
  readonly storage: Storage;
  readonly source: AccountSource;
  /** Null where the accounts are kept here. */
  readonly foreign: ForeignAccounts | null;
  readonly webUrl: string | null;
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

  /**
   * Ends all streams and stores the sessions whose clients may come back to the next
   * process. Throws `StorageError`.
   */
  async suspend(): Promise<void> {
    const all = [...this.#served.values()].map(({ suspended }) => suspended);
    await Promise.all(all.map((each) => each.endStreams()));
    await Promise.all(all.map((each) => each.store()));
  }

  /** Brings back what the process before has stored, before anybody can connect. */
  async restore(): Promise<void> {
    for (const { suspended } of this.#served.values()) await suspended.restore();
  }

  /** Closes every session with system-shutdown and stops the modules. */
  stop(): void {
    for (const { host, binder, modules, source } of this.#served.values()) {
      binder.closeAll('system-shutdown');
      modules.stop();
      host.notes.stop();
      source.close?.();
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
    const { directory, clock, log } = this.#deps;
    const { domain, kind = 'accounts', webUrl = null } = settings;
    const { router, tracing } = this;
    const storage = this.#storageFor(kind);
    const { users } = storage;
    const source = this.#deps.openSource(domain, settings.source, { storage, clock, log });
    const isForeign = source.type !== 'internal';
    const foreign = isForeign ? new ForeignAccounts(domain, source, { users, clock }) : null;
    const accounts = new Accounts(domain, users, foreign?.discover);
    const { durability } = storage;
    const notes = new HandledNotes(domain, { store: storage.sessions, durability, clock });
    const common = { directory, durability, router, tracing, notes, log };
    const host = new Host(domain, kind, { accounts, ...common });
    const modules = new ModuleHost(host, { storage, clock, log, webUrl });
    const isOn = (module: ModuleDefinition) =>
      module.hosts.includes(host.kind) && settings.modules.get(module.name) !== false;
    const emit: ModuleHost['emit'] = (event, fact) => modules.emit(event, fact);
    const binder = new SessionBinder(host, settings.sessions, { clock, log, emit });
    const suspended = new SuspendedSessions(host, binder, { storage, clock, log, emit });
    const farewell = modules.farewell.bind(modules);
    const deps = { storage, clock, binder, source, foreign, farewell };
    const keeper = new AccountKeeper(host, settings.accounts, deps);
    const configOf = (name: string) => settings.modules.get(name);
    modules.start(this.#deps.modules.filter(isOn), { keeper, configOf });
    this.router.add(host);
    this.#served.set(domain, {
      ...{ host, modules, binder, keeper, suspended, storage, source, foreign, webUrl },
    });
  }

  #storageFor(kind: HostKind): Storage {
    const { storage, transient = storage } = this.#deps;
    return kind === 'anonymous' ? transient : storage;
  }
}
