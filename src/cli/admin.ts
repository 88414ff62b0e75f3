import { silentLog } from '../lib/log.ts';
import { deriveAccountKeys } from '../server/admin/account-keys.ts';
import { AdminError, type AdminErrorCode } from '../server/admin/command.ts';
import { type AdminAnswer, AdminDispatcher } from '../server/admin/dispatch.ts';
import { userCommands } from '../server/admin/users.ts';
import type { Config } from '../server/config/config.ts';
import { openStorage } from '../storage/sqlite/open.ts';
import { ControlError, callControl } from '../transports/control.ts';

/**
 * Runs a command in the running server.
 * @throws {ControlError} when none runs; {AdminError} when the command fails.
 */
export async function runInServer<T>(config: Config, command: string, params: object): Promise<T> {
  return resultOf<T>((await callControl(config.controlSocket, command, params)) as AdminAnswer);
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
): Promise<T> {
  try {
    return await runInServer<T>(config, command, params);
  } catch (error) {
    if (!(error instanceof ControlError && error.code === 'not-running')) throw error;
    return resultOf<T>(await runOnStore(config, command, params));
  }
}

async function runOnStore(config: Config, command: string, params: object): Promise<AdminAnswer> {
  const directory = config.dataDirectory;
  const storage = await openStorage({ directory, mode: 'inline', log: silentLog });
  try {
    const hosts = config.hosts.map(({ domain, policy }) => ({
      domain,
      scramIterations: policy.scramIterations,
    }));
    const deps = { storage, hosts, deriveKeys: deriveAccountKeys, now: Date.now };
    const rethrow = (error: unknown) => {
      throw error;
    };
    return await new AdminDispatcher(userCommands(deps), rethrow).run(command, params);
  } finally {
    await storage.close();
  }
}

function resultOf<T>(answer: AdminAnswer): T {
  if (!('error' in answer)) return answer.result as T;
  const { code, message, hint } = answer.error;
  throw new AdminError(code as AdminErrorCode, message, hint);
}
