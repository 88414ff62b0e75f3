import { CommanderError } from 'commander';
import { version } from '../server/version.ts';
import { CliError, EXIT, explainFailure } from './failure.ts';
import { buildProgram } from './program.ts';

/** Runs the command line; the process's exit status is the outcome. */
async function main(): Promise<void> {
  try {
    await buildProgram(version).parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    // Commander has said what it has to say.
    if (!(error instanceof CommanderError)) process.stderr.write(`${explainFailure(error)}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof CommanderError)) return EXIT.failed;
  return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}

await main();
// Whatever a failed start has left open shall not keep the process.
process.exit();
