import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../server/config/config.ts';
import { loadConfig } from '../server/config/load.ts';
import { parseDuration } from '../server/config/quantities.ts';
import { Jid } from '../xmpp/jid.ts';
import { exportArchive, searchArchive } from './archive.ts';
import { backUp, restore } from './backup.ts';
import { reloadCertificates, showCertificates } from './certificates.ts';
import { checkInstallation, describeCheck } from './check.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { showConfig } from './config.ts';
import { applyConfig, confirmConfig, diffConfig, rollBackConfig } from './config-change.ts';
import { findConfigFile } from './config-file.ts';
import { addDoctorCommand } from './doctor/command.ts';
import { exportUsers } from './export.ts';
import { EXIT } from './failure.ts';
import { importUsers } from './import.ts';
import { listModules } from './modules.ts';
import { collect } from './options.ts';
import { readPassword } from './password.ts';
import { reload } from './reload.ts';
import { addContact, listContacts, removeContact } from './rosters.ts';
import { explainFlows, kickSessions, listSessions, showStatus, stopServer } from './server.ts';
import { startUntilStopped } from './start.ts';
import { listTokens, revokeTokens } from './tokens.ts';
import { traceAccount } from './trace.ts';
import { FORMATS } from './transfer/formats.ts';
import { addUploadCommands } from './upload-program.ts';
import {
  addUser,
  checkAccount,
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
  addTransferCommands(program, addUserCommands(program));
  addRosterCommands(program);
  addArchiveCommands(program);
  addUploadCommands(program, { configOf, show });
  addSessionCommands(program);
  addTokenCommands(program);
  addCertificateCommands(program);
  addBackupCommands(program);
  addOverviewCommands(program);
  addConfigCommands(program);
  addDoctorCommand(program, {
    file: () => fileOf(program),
    show: (report) => show(program, report),
    credentials: (account, isFromStdin) => credentialsOf(program, account, isFromStdin),
  });
  addTraceCommand(program);
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
    .description(
      'list what handles a stanza in the running server, in order, and what answers over HTTP',
    )
    .addArgument(new Argument('[kind]').choices(['message', 'presence', 'iq', 'http']))
    .action(async (kind?: string) => show(program, await explainFlows(configOf(program), kind)));
}

function addUserCommands(program: Command): Command {
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
    .option('--not-upgraded', 'only those imported whose password was not seen yet')
    .action(async (domain: string | undefined, { after, limit, notUpgraded = false }) => {
      const page = { ...(domain && { domain }), ...(after && { after }), limit, notUpgraded };
      show(program, await listUsers(configOf(program), page));
    });
  return user;
}

function addTransferCommands(program: Command, user: Command): void {
  const format = () => new Option('--format <format>', 'what its name tells').choices(FORMATS);
  user
    .command('import <file>')
    .description('create the accounts of a file: CSV, JSON lines or XEP-0227')
    .addOption(format())
    .option('--domain <domain>', 'only accounts of this one; names without a domain are of it')
    .option('--dry-run', 'say what would happen, and change nothing')
    .option('--reuse', 'also under names of accounts that were deleted lately')
    .option('--no-archives', 'without what has been said (XEP-0227)')
    .action(async (file: string, { dryRun = false, reuse = false, ...options }) => {
      const all = { ...options, dryRun, reuse };
      const { report, isWhole } = await importUsers(configOf(program), file, all);
      show(program, report);
      if (!isWhole) process.exitCode = EXIT.failed;
    });
  user
    .command('export [domain]')
    .description('write accounts with all that they have but passwords')
    .addOption(format())
    .option('-o, --output <file>', 'a new file, for its owner only; else standard output')
    .option('--no-archives', 'without what has been said (XEP-0227)')
    .action(async (domain: string | undefined, options) => {
      const all = { ...options, ...(domain && { domain }) };
      const report = await exportUsers(configOf(program), all);
      if (options.output === undefined) process.stderr.write(`${report.text}\n`);
      else show(program, report);
    });
}

function addTraceCommand(program: Command): void {
  program
    .command('trace <jid>')
    .description("tell what happens to an account's stanzas, as it happens")
    .option('--bodies', 'show texts, names and addresses in them too, but never passwords')
    .option('--for <duration>', 'how long: 60s, 10m; at most an hour', upToAnHour, 60_000)
    .option('--count <number>', 'end after so many events', traceCount, 1_000)
    .action(async (jid: string, { bodies = false, for: duration, count }) => {
      const isJson = program.opts<GlobalOptions>().json === true;
      // Whoever reads along has enough.
      process.stdout.on('error', () => process.exit());
      const options = { bodies, count, duration, isJson };
      const write = (line: string) => void process.stdout.write(`${line}\n`);
      await traceAccount(configOf(program), jid, options, write);
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

function addArchiveCommands(program: Command): void {
  const archive = program.command('archive').description('look into what has been said');
  archive
    .command('search <jid> <words...>')
    .description("find an account's messages by what they say")
    .option('--with <jid>', 'of one conversation alone')
    .option('--limit <number>', 'messages at most', Number, 50)
    .action(async (jid: string, words: string[], options) =>
      show(program, await searchArchive(configOf(program), jid, words, options)),
    );
  archive
    .command('export <jid>')
    .description('write what an account has said and heard, one JSON object a line')
    .option('--with <jid>', 'of one conversation alone')
    .option('-o, --output <file>', 'a new file, for its owner only; else standard output')
    .action(async (jid: string, options) => {
      const report = await exportArchive(configOf(program), jid, options);
      if (options.output === undefined) process.stderr.write(`${report.text}\n`);
      else show(program, report);
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

function addTokenCommands(program: Command): void {
  const token = program.command('token').description('look after what clients come back with');
  token
    .command('list <jid>')
    .description('list the clients that may come back without a password')
    .action(async (jid: string) => show(program, await listTokens(configOf(program), jid)));
  token
    .command('revoke <jid> [client]')
    .description('make all of them show the password again, or one of them')
    .action(async (jid: string, client?: string) =>
      show(program, await revokeTokens(configOf(program), jid, client)),
    );
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
    .command('completion')
    .description('print what lets a shell complete these commands')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(program, shell));
    });
}

function addConfigCommands(program: Command): void {
  const config = program.command('config').description('look after the configuration');
  config
    .command('show')
    .description('show the configuration with every default in place, secrets hidden')
    .action(async () => show(program, await showConfig(fileOf(program))));
  config
    .command('diff [file]')
    .description('list what it, or another file, would change of the running server')
    .action(async (file?: string) => show(program, await diffConfig(fileOf(program), file)));
  config
    .command('apply [file]')
    .description('take it, or another file in its place')
    .option('--confirm <duration>', 'go back by itself unless confirmed in time: 60s', upToAnHour)
    .action(async (file: string | undefined, { confirm = null }) =>
      show(program, await applyConfig(fileOf(program), file, confirm)),
    );
  config
    .command('confirm')
    .description('keep what apply --confirm has taken')
    .action(async () => show(program, await confirmConfig(fileOf(program))));
  config
    .command('rollback')
    .description('go back to what was before apply --confirm')
    .action(async () => show(program, await rollBackConfig(fileOf(program))));
}

async function credentialsOf(program: Command, account: string, isFromStdin: boolean) {
  const jid = Jid.parse(checkAccount(configOf(program), account));
  return { jid, password: await readPassword(isFromStdin) };
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

function upToAnHour(text: string): number {
  const duration = parseDuration(text);
  if (duration !== null && duration >= 1_000 && duration <= 3_600_000) return duration;
  throw new InvalidArgumentError('It must be between 1s and 60m.');
}

function traceCount(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new InvalidArgumentError('It must be a number from 1 to 1000000.');
}

function listLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit;
  throw new InvalidArgumentError('It must be a number from 1 to 1000.');
}
