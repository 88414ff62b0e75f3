import { Argument, type Command } from 'commander';
import type { Report } from '../users.ts';
import { type DoctorOptions, examine } from './doctor.ts';
import type { Finding } from './finding.ts';
import { describeFindings } from './report.ts';

/** What the command line knows that the doctor needs. */
export interface DoctorDesk {
  /** The configuration file. */
  file(): string;
  show(report: Report): void;
  credentials(
    account: string,
    isFromStdin: boolean,
  ): Promise<NonNullable<DoctorOptions['account']>>;
}

export function addDoctorCommand(program: Command, desk: DoctorDesk): void {
  program
    .command('doctor')
    .description('sign in as a client on every listener, and say in plain words what is wrong')
    .addArgument(
      new Argument('[what]', 'calls: have the STUN and TURN servers answer').choices(['calls']),
    )
    .option('--host <domain>', 'look at this host only')
    .option('--account <jid>', 'sign in as this account, not as one made for the purpose')
    .option('--password-stdin', "read that account's password from stdin")
    .action(async (what, { host, account, passwordStdin = false }) => {
      const given = account && !what && (await desk.credentials(account, passwordStdin));
      const options = { ...(host && { host }), ...(given && { account: given }) };
      const findings = await lookAt(what, desk.file(), options);
      const report = describeFindings(findings);
      desk.show(report);
      process.exitCode = report.exitCode;
    });
}

async function lookAt(
  what: 'calls' | undefined,
  file: string,
  options: DoctorOptions,
): Promise<readonly Finding[]> {
  const { builtinModules } = await import('../../builtin-modules.ts');
  if (!what) return await examine(file, builtinModules, options);
  // What it is made of, nothing else needs.
  const { checkCalls } = await import('./calls.ts');
  return await checkCalls(file, builtinModules, options);
}
