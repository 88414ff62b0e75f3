import { z } from 'zod';
import type { AccountCommand } from '../module.ts';
import type { ServedHost, Server } from '../server.ts';
import { accountAddress } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand, checkParams } from './command.ts';

const target = z.looseObject({ jid: z.string().max(4_096) });

/**
 * The commands that modules add, each for the account that its parameter `jid`
 * names, on whichever host that is.
 */
export function moduleCommands(server: Server): AdminCommand[] {
  const commands = [...server.hosts].flatMap(({ modules }) => modules.commands);
  const byName = new Map(commands.map((command) => [command.name, command]));
  return [...byName.values()].map(({ name, summary }) =>
    adminCommand({
      name,
      summary,
      params: target,
      run: ({ jid, ...params }) => runOn(server, name, jid, params),
    }),
  );
}

async function runOn(server: Server, name: string, jid: string, params: object): Promise<unknown> {
  const domains = [...server.hosts].map(({ host }) => host.domain);
  const address = accountAddress(jid, domains);
  const served = server.find(address.domain)!;
  const command = commandOf(served, name);
  const account = await served.host.accounts.find(address.local);
  if (!account) throw new AdminError('not-found', `There is no account ${address}.`);
  return await command.run(account, checkParams(name, command.params, params));
}

function commandOf({ host, modules }: ServedHost, name: string): AccountCommand {
  const command = modules.commands.find((each) => each.name === name);
  if (command) return command;
  const message = `The module behind ${name} is off at ${host.domain}.`;
  throw new AdminError('not-found', message, 'Turn it on in the configuration.');
}
