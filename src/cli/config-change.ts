import {
  accessSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ConfigDiff, PendingConfig, TrialFacts } from '../server/admin/ports.ts';
import type { Config } from '../server/config/config.ts';
import type { KeyChange } from '../server/config/differences.ts';
import { loadConfig, parseConfig, readText } from '../server/config/load.ts';
import { ConfigError, displayPath } from '../server/config/problems.ts';
import { runInServer } from './admin.ts';
import { CliError } from './failure.ts';
import { formatSpan, printable } from './text.ts';
import type { Report } from './users.ts';

/** Milliseconds that an applied configuration has to get into the file. */
const AT_ONCE = 60_000;

/** Lists what `given` would change of the running server, or the file where it is not given. */
export async function diffConfig(file: string, given: string | undefined): Promise<Report> {
  const { config, text } = await readProposal(file, given);
  const data = await runInServer<ConfigDiff>(config, 'config.diff', { text });
  return { text: describe(data).join('\n'), data };
}

/**
 * Makes the running server take a configuration, and puts it into the file; with
 * `trial`, in milliseconds, only for that long unless `confirmConfig` follows.
 */
export async function applyConfig(
  file: string,
  given: string | undefined,
  trial: number | null,
): Promise<Report> {
  const { config, text } = await readProposal(file, given);
  requireWritable(file);
  const isInPlace = given === undefined || resolve(given) === resolve(file);
  const { text: running, trial: other } = await pendingIn(config);
  if (other) {
    const mend = 'Confirm it or go back first: epode config confirm, epode config rollback.';
    throw new CliError('Another configuration is being tried out.', mend);
  }
  if (isInPlace) setAside(file, text, running);
  else requireUntouched(file, running);
  const data = await tryOut(config, text, trial ?? AT_ONCE).catch((error) => {
    if (isInPlace) putBack(file);
    throw error;
  });
  if (trial === null) {
    await keep(file, text, config);
    return { text: [...describe(data), `Applied, and in ${displayPath(file)}.`].join('\n'), data };
  }
  return { text: [...describe(data), ...describeTrial(file, trial)].join('\n'), data };
}

/** Puts the configuration that is being tried out into the file, and lets it stay. */
export async function confirmConfig(file: string): Promise<Report> {
  const config = loadConfig(file, 'unchecked');
  const { trial } = await pendingIn(config);
  if (!trial) {
    const mend = 'Its time may have been over: then the one from before is back.';
    throw new CliError('No configuration is being tried out.', mend);
  }
  await keep(file, trial.text, config);
  return { text: `Confirmed, and in ${displayPath(file)}.`, data: {} };
}

/** Goes back to the configuration from before at once. */
export async function rollBackConfig(file: string): Promise<Report> {
  await runInServer(loadConfig(file, 'unchecked'), 'config.rollback', {});
  return { text: 'The configuration from before is back.', data: {} };
}

function pendingIn(config: Config): Promise<PendingConfig> {
  return runInServer<PendingConfig>(config, 'config.pending', {});
}

interface Proposal {
  /** Of the server that is asked. */
  readonly config: Config;
  readonly text: string;
}

/** Paths in it count from where it shall stand; mistakes are told of where it stands now. */
async function readProposal(file: string, given: string | undefined): Promise<Proposal> {
  const { builtinModules } = await import('../builtin-modules.ts');
  const source = resolve(given ?? file);
  const text = readText(source);
  try {
    parseConfig(resolve(file), text, builtinModules);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.problems.map((each) => ({ ...each, file: source })));
  }
  return { config: loadConfig(file, 'unchecked'), text };
}

function tryOut(config: Config, text: string, trial: number): Promise<TrialFacts> {
  return runInServer<TrialFacts>(config, 'config.try', { text, seconds: Math.ceil(trial / 1_000) });
}

/**
 * First into the file, then the server's word: if it breaks off in between, the server
 * finds the text there when the time is over, and stays with it.
 */
async function keep(file: string, text: string, config: Config): Promise<void> {
  writeWhole(file, text);
  await runInServer(config, 'config.confirm', {}).catch(async (error) => {
    const { text: running } = await pendingIn(config);
    if (running === text) return;
    // It went back just before that.
    writeWhole(file, running);
    throw error;
  });
  const aside = asideOf(file);
  if (existsSync(aside) && readText(aside) === text) rmSync(aside);
}

/** While an edited file is tried out, what ran before stands in its place. */
function setAside(file: string, text: string, running: string): void {
  if (text === running) {
    throw new CliError(`${displayPath(file)} is what the server has taken already.`);
  }
  writeWhole(asideOf(file), text, file);
  writeWhole(file, running);
}

function putBack(file: string): void {
  writeWhole(file, readText(asideOf(file)));
  rmSync(asideOf(file));
}

function asideOf(file: string): string {
  return `${resolve(file)}.new`;
}

/** A restart during the trial shall come up with what runs now, not with something third. */
function requireUntouched(file: string, running: string): void {
  if (readText(resolve(file)) === running) return;
  throw new CliError(
    `${displayPath(file)} has changed since the server took it.`,
    'Take or undo those changes first: epode config diff, epode reload.',
  );
}

/** Now, since it is too late when it has to be confirmed. */
function requireWritable(file: string): void {
  try {
    accessSync(dirname(realpathSync(file)), constants.W_OK);
  } catch {
    throw new CliError(
      `This user may not write beside ${displayPath(file)}, where the new configuration shall stand.`,
      'Run the command as root, who may use the control socket, too; or reload instead.',
    );
  }
}

/** Whoever reads meanwhile finds the old text or the new one. Owner and mode are those of `like`. */
function writeWhole(path: string, text: string, like = path): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const { mode, uid, gid } = statSync(like);
  const part = `${target}.part`;
  rmSync(part, { force: true });
  const descriptor = openSync(part, 'wx', mode & 0o777);
  try {
    writeFileSync(descriptor, text);
    if (process.getuid?.() === 0) chownSync(part, uid, gid);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(part, target);
}

function describe({ changes, warnings }: ConfigDiff): string[] {
  const notes = warnings.map((warning) => `warning: ${warning}`);
  if (changes.length === 0) return [...notes, 'Nothing would change.'];
  const live = changes.filter(({ effect }) => effect === 'live').map(describeChange);
  const rest = changes.filter(({ effect }) => effect === 'restart').map(describeChange);
  return [
    ...notes,
    ...(live.length > 0 ? ['At once:', ...live] : []),
    ...(rest.length > 0 ? ['With the next restart:', ...rest] : []),
  ];
}

function describeChange({ key, from, to }: KeyChange): string {
  return printable(`  ${key}: ${from ?? '(nothing)'} → ${to ?? '(nothing)'}`);
}

function describeTrial(file: string, trial: number): string[] {
  return [
    `It is in effect for ${formatSpan(trial)}; ${displayPath(file)} is as it was before.`,
    'To keep it: epode config confirm. To go back now: epode config rollback.',
  ];
}
