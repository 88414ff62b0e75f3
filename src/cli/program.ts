import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../server/config/config.ts';
import { loadConfig } from '../server/config/load.ts';
import { checkInstallation, describeCheck } from './check.ts';
import { findConfigFile } from './config-file.ts';
import { EXIT } from './failure.ts';
import { explainFlows, kickSessions, listSessions, showStatus, stopServer } from './server.ts';
import { startUntilStopped } from './start.ts';
import { addUser, deleteUser, listUsers, type Report, setPassword } from './users.ts';

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
  addSessionCommands(program);
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
    .action(async (jid: string, { passwordStdin = false }) =>
      show(program, await addUser(configOf(program), jid, passwordStdin)),
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
    .command('list [domain]')
    .description('list accounts')
    .option('--after <jid>', 'begin behind this account')
    .option('--limit <number>', 'list at most so many', listLimit, 1_000)
    .action(async (domain: string | undefined, { after, limit }) => {
      const page = { ...(domain && { domain }), ...(after && { after }), limit };
      show(program, await listUsers(configOf(program), page));
    });
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

async function check(program: Command): Promise<void> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const result = checkInstallation(
    findConfigFile(program.opts<GlobalOptions>().config),
    builtinModules,
  );
  show(program, describeCheck(result));
  if (result.problems.length > 0) process.exitCode = EXIT.failed;
}

// What a module may be set to is the server's business, not that of these commands.
function configOf(program: Command): Config {
  return loadConfig(findConfigFile(program.opts<GlobalOptions>().config), 'unchecked');
}

function show(program: Command, report: Report): void {
  const { json } = program.opts<GlobalOptions>();
  process.stdout.write(`${json ? JSON.stringify(report.data, null, 2) : report.text}\n`);
}

function listLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('It must be a number from 1 to 1000.');
}
