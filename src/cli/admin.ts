import { LocalDirectory } from '../cluster/local-directory.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { backupCommands } from '../server/admin/backup.ts';
import { AdminError, type AdminErrorCode } from '../server/admin/command.ts';
import { type AdminAnswer, AdminDispatcher } from '../server/admin/dispatch.ts';
import { moduleCommands } from '../server/admin/modules.ts';
import { tokenCommands } from '../server/admin/tokens.ts';
import { userCommands } from '../server/admin/users.ts';
import type { Config } from '../server/config/config.ts';
import { loadConfig } from '../server/config/load.ts';
import { Server } from '../server/server.ts';
import { openSource } from '../sources/open.ts';
import type { Storage } from '../storage/ports.ts';
import { openStorage } from '../storage/sqlite/open.ts';
import { ControlError, callControl } from '../transports/control.ts';

/**
 * Runs a command in the running server, which may take `timeout` milliseconds.
 * @throws {ControlError} when none runs; {AdminError} when the command fails.
 */
export async function runInServer<T>(
  config: Config,
  command: string,
  params: object,
  timeout?: number,
): Promise<T> {
  const answer = await callControl(config.controlSocket, command, params, timeout);
  try {
    return resultOf<T>(answer as AdminAnswer);
  } catch (error) {
    throw explainNewHost(error as AdminError, config);
  }
}

/** What the file has and the server does not is new, mostly. */
function explainNewHost(error: AdminError, { hosts }: Config): AdminError {
  const { code, message, hint } = error;
  const isNew = hosts.some(({ domain }) => message.includes(` ${domain} `));
  if (code !== 'unknown-host' || !isNew) return error;
  return new AdminError(code, message, `${hint} One that is new in the file needs a restart.`);
}

/**
 * Runs a command on accounts: in the running server, or, when none runs, on the
 * store itself.
 * @throws {AdminError} when the command fails; {StorageError} when the store cannot be opened.
 */
export async function runOnAccounts<T>(
  config: Config,
  command: string,
  params: object,
  timeout?: number,
): Promise<T> {
  const accounts = new AccountCommands(config);
  try {
    return await accounts.run<T>(command, params, timeout);
  } finally {
    await accounts.close();
  }
}

/** Runs commands on accounts, one after the other; a store that it has opened stays open. */
export class AccountCommands {
  readonly #config: Config;
  readonly #mode: 'inline' | 'thread';
  #store: OpenStore | null = null;

  /** `mode` is that of a store it opens: 'thread' for many changes at once. */
  constructor(config: Config, mode: 'inline' | 'thread' = 'inline') {
    this.#config = config;
    this.#mode = mode;
  }

  /** As `runOnAccounts` does. */
  async run<T>(command: string, params: object, timeout?: number): Promise<T> {
    if (this.#store) return runInStore<T>(this.#store, command, params);
    try {
      return await runInServer<T>(this.#config, command, params, timeout);
    } catch (error) {
      if (!(error instanceof ControlError && error.code === 'not-running')) throw error;
      this.#store = await openStore(this.#config, this.#mode);
      return runInStore<T>(this.#store, command, params);
    }
  }

  async close(): Promise<void> {
    await this.#store?.storage.close();
  }
}

interface OpenStore {
  readonly storage: Storage;
  readonly admin: AdminDispatcher;
}

/** The same server as ever, but that nobody is connected: so the modules do their part. */
async function openStore(
  { file, dataDirectory }: Config,
  mode: 'inline' | 'thread',
): Promise<OpenStore> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const { transferCommands } = await import('../modules/transfer/commands.ts');
  const { hosts } = loadConfig(file, builtinModules);
  const storage = await openStorage({ directory: dataDirectory, mode, log: silentLog });
  const server = new Server(hosts, {
    storage,
    directory: new LocalDirectory(),
    clock: systemClock,
    log: silentLog,
    openSource,
    modules: builtinModules,
  });
  const commands = [
    ...userCommands(server, storage),
    ...tokenCommands(server, storage),
    ...moduleCommands(server),
    ...transferCommands(server, storage, systemClock),
    ...backupCommands(storage),
  ];
  const rethrow = (error: unknown) => {
    throw error;
  };
  return { storage, admin: new AdminDispatcher(commands, rethrow) };
}

async function runInStore<T>({ admin }: OpenStore, command: string, params: object): Promise<T> {
  return resultOf<T>((await admin.run(command, params)) as AdminAnswer);
}

/** @throws {AdminError} for an answer that says so. */
export function resultOf<T>(answer: AdminAnswer): T {
  if (!('error' in answer)) return answer.result as T;
  const { code, message, hint } = answer.error;
  throw new AdminError(code as AdminErrorCode, message, hint);
}
