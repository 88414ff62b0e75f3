import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../server/config/config.ts';
import { loadConfig } from '../server/config/load.ts';
import { backUp, restore } from './backup.ts';
import { reloadCertificates, showCertificates } from './certificates.ts';
import { checkInstallation, describeCheck } from './check.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { showConfig } from './config.ts';
import { findConfigFile } from './config-file.ts';
import { EXIT } from './failure.ts';
import { listModules } from './modules.ts';
import { reload } from './reload.ts';
import { addContact, listContacts, removeContact } from './rosters.ts';
import { explainFlows, kickSessions, listSessions, showStatus, stopServer } from './server.ts';
import { startUntilStopped } from './start.ts';
import {
  addUser,
  deleteUser,
  disableUser,
  enableUser,
  listUsers,
  type Report,
  setPassword,
  showUser,
} from './users.ts';

interface GlobalOptions {
  readonly config?: string;
  readonly json?: true;
}

/** The command line. Commands throw what went wrong; nothing here ends the process. */
export function buildProgram(version: string): Command {
  const program = new Command('epode')
    .description('An XMPP server.')
    .version(version)
    .option('-c, --config <file>', 'the configuration file')
    .option('--json', 'answer in JSON')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  addServerCommands(program);
  addUserCommands(program);
  addRosterCommands(program);
  addSessionCommands(program);
  addCertificateCommands(program);
  addBackupCommands(program);
  addOverviewCommands(program);
  return program;
}

function addServerCommands(program: Command): void {
  program
    .command('start')
    .description('run the server until it is told to stop')
    .action(async () => {
      const { config } = program.opts<GlobalOptions>();
      await startUntilStopped(findConfigFile(config), config);
    });
  program
    .command('stop')
    .description('stop the running server and wait until it has ended')
    .action(async () => show(program, await stopServer(configOf(program))));
  program
    .command('reload')
    .description('make the running server use the changed configuration')
    .action(async () => show(program, await reload(fileOf(program))));
  program
    .command('status')
    .description('say how the running server fares')
    .action(async () => show(program, await showStatus(configOf(program))));
  program
    .command('check')
    .description('check configuration, certificates and data directory')
    .action(() => check(program));
  program
    .command('explain')
    .description('list what handles a stanza in the running server, in order')
    .addArgument(new Argument('[kind]').choices(['message', 'presence', 'iq']))
    .action(async (kind?: string) => show(program, await explainFlows(configOf(program), kind)));
}

function addUserCommands(program: Command): void {
  const user = program.command('user').description('keep accounts');
  const passwordOption = () => new Option('--password-stdin', 'read the password from stdin');
  user
    .command('add <jid>')
    .description('create an account; asks for its password')
    .addOption(passwordOption())
    .option('--reuse', 'also under the name of an account that was deleted lately')
    .action(async (jid: string, { passwordStdin: isFromStdin = false, reuse = false }) =>
      show(program, await addUser(configOf(program), jid, { isFromStdin, reuse })),
    );
  user
    .command('passwd <jid>')
    .description("change an account's password; ends its sessions")
    .addOption(passwordOption())
    .action(async (jid: string, { passwordStdin = false }) =>
      show(program, await setPassword(configOf(program), jid, passwordStdin)),
    );
  user
    .command('delete <jid>')
    .description('delete an account with everything that belongs to it')
    .action(async (jid: string) => show(program, await deleteUser(configOf(program), jid)));
  user
    .command('disable <jid>')
    .description('let an account sign in no more; ends its sessions')
    .action(async (jid: string) => show(program, await disableUser(configOf(program), jid)));
  user
    .command('enable <jid>')
    .description('let a disabled account sign in again')
    .action(async (jid: string) => show(program, await enableUser(configOf(program), jid)));
  user
    .command('show <jid>')
    .description('tell what there is of an account')
    .action(async (jid: string) => show(program, await showUser(configOf(program), jid)));
  user
    .command('list [domain]')
    .description('list accounts')
    .option('--after <jid>', 'begin behind this account')
    .option('--limit <number>', 'list at most so many', listLimit, 1_000)
    .action(async (domain: string | undefined, { after, limit }) => {
      const page = { ...(domain && { domain }), ...(after && { after }), limit };
      show(program, await listUsers(configOf(program), page));
    });
}

function addRosterCommands(program: Command): void {
  const roster = program.command('roster').description("look after an account's contacts");
  roster
    .command('list <jid>')
    .description('list contacts, and who asks to be one')
    .action(async (jid: string) => show(program, await listContacts(configOf(program), jid)));
  roster
    .command('add <jid> <contact>')
    .description('put somebody into the roster')
    .option('--name <name>', 'what the contact is called there')
    .option('--group <name>', 'a group; may be given again', collect, [])
    .option('--mutual', "both see each other's presence; for two accounts of one domain")
    .action(async (jid: string, contact: string, { name, group: groups, mutual = false }) => {
      const item = { groups, isMutual: mutual, ...(name !== undefined && { name }) };
      show(program, await addContact(configOf(program), jid, contact, item));
    });
  roster
    .command('remove <jid> <contact>')
    .description('remove a contact, with the subscriptions both ways')
    .action(async (jid: string, contact: string) =>
      show(program, await removeContact(configOf(program), jid, contact)),
    );
}

function addSessionCommands(program: Command): void {
  const session = program.command('session').description('look after who is signed in');
  session
    .command('list [account]')
    .description('list sessions')
    .action(async (account?: string) =>
      show(program, await listSessions(configOf(program), account)),
    );
  session
    .command('kick <jid>')
    .description('end one session (full JID) or all of an account (bare JID)')
    .action(async (jid: string) => show(program, await kickSessions(configOf(program), jid)));
}

function addCertificateCommands(program: Command): void {
  const cert = program.command('cert').description('look after the certificates of the hosts');
  cert
    .command('show')
    .description("show each host's certificate, and whether the running server uses it")
    .action(async () => show(program, await showCertificates(configOf(program))));
  cert
    .command('reload')
    .description('make the running server use renewed certificates; sessions go on')
    .action(async () => show(program, await reloadCertificates(configOf(program))));
}

function addBackupCommands(program: Command): void {
  program
    .command('backup <path>')
    .description('write a copy of the database to a new file, or into a directory')
    .action(async (path: string) => show(program, await backUp(configOf(program), path)));
  program
    .command('restore <file>')
    .description('put a backup in the place of the database; the server must be stopped')
    .action((file: string) => show(program, restore(configOf(program), file)));
}

function addOverviewCommands(program: Command): void {
  program
    .command('module')
    .description('look after modules')
    .command('list')
    .description('list what the server can do, and what of it the configuration turns on')
    .action(async () => show(program, await listModules(fileOf(program))));
  program
    .command('config')
    .description('look after the configuration')
    .command('show')
    .description('show the configuration with every default in place, secrets hidden')
    .action(async () => show(program, await showConfig(fileOf(program))));
  program
    .command('completion')
    .description('print what lets a shell complete these commands')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
}

async function check(program: Command): Promise<void> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const result = checkInstallation(
    findConfigFile(program.opts<GlobalOptions>().config),
    builtinModules,
  );
  show(program, describeCheck(result));
  if (result.problems.length > 0) process.exitCode = EXIT.failed;
}

function fileOf(program: Command): string {
  return findConfigFile(program.opts<GlobalOptions>().config);
}

// What a module may be set to is the server's business, not that of these commands.
function configOf(program: Command): Config {
  return loadConfig(fileOf(program), 'unchecked');
}

function show(program: Command, report: Report): void {
  const { json } = program.opts<GlobalOptions>();
  process.stdout.write(`${json ? JSON.stringify(report.data, null, 2) : report.text}\n`);
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function listLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('It must be a number from 1 to 1000.');
}
