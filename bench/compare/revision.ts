import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { endAll, runToEnd } from '../rivals/process.ts';
import { GENERATOR_CORE } from '../run/scenario.ts';

const BUILD_TIMEOUT_MS = 600_000;
const LOCK = 'package-lock.json';

export interface Revision {
  readonly commit: string;
  /** Its short hash. */
  readonly name: string;
  readonly subject: string;
}

function git(root: string, ...args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: [...stdio] });
}

/**
 * What the repository calls `text`: a commit, branch or tag, or `HEAD~3`.
 * @throws {Error} when it has no such thing.
 */
export function revisionNamed(root: string, text: string): Revision {
  let commit: string;
  try {
    const wanted = ['--end-of-options', `${text}^{commit}`];
    commit = git(root, 'rev-parse', '--verify', '--quiet', ...wanted).trim();
  } catch {
    throw new Error(
      `there is no revision ${text} in ${root}: name a commit, a branch or a tag that ` +
        '`git log` knows there (a shallow clone has few: `git fetch --unshallow`)',
    );
  }
  const [name, subject] = git(root, 'log', '-1', '--format=%h%n%s', commit).trim().split('\n');
  return { commit, name: name!, subject: subject ?? '' };
}

/** The same packages serve both trees when their lock files are the same. */
async function install(root: string, tree: string): Promise<void> {
  const lockOf = (folder: string) => readFileSync(join(folder, LOCK), 'utf8');
  if (lockOf(root) === lockOf(tree)) {
    symlinkSync(realpathSync(join(root, 'node_modules')), join(tree, 'node_modules'));
    return;
  }
  console.log(`installing what its ${LOCK} names, which is not the one here`);
  await npm(tree, 'ci', '--no-audit', '--no-fund', '--loglevel=error');
}

async function npm(tree: string, ...args: readonly string[]): Promise<void> {
  await runToEnd({ argv: ['npm', '--prefix', tree, ...args] }, GENERATOR_CORE, BUILD_TIMEOUT_MS);
}

/** Accounts and data are made by the same programs for both, each with its own storage. */
function replaceBench(root: string, tree: string): void {
  rmSync(join(tree, 'bench'), { recursive: true, force: true });
  const isResult = (path: string) => path.startsWith(join(root, 'bench', 'results'));
  const filter = (path: string) => !isResult(path);
  cpSync(join(root, 'bench'), join(tree, 'bench'), { recursive: true, filter });
}

function removeTree(root: string, tree: string): void {
  try {
    git(root, 'worktree', 'remove', '--force', tree);
  } catch {
    // It was never there, or not whole.
    rmSync(tree, { recursive: true, force: true });
    git(root, 'worktree', 'prune');
  }
}

/**
 * Checks a revision out into a new working tree at `tree`, installs what it needs and builds it.
 * It is gone when the returned function has been called, or at any end of this process.
 * @throws {Error} when it cannot be installed or built; the tree is gone then, too.
 */
export async function checkOut(root: string, { commit }: Revision, tree: string) {
  const remove = () => {
    process.off('exit', onExit);
    removeTree(root, tree);
  };
  // Before its directory goes with all the others, and after whoever writes there.
  const onExit = () => {
    endAll();
    removeTree(root, tree);
  };
  process.prependListener('exit', onExit);
  try {
    git(root, 'worktree', 'add', '--detach', '--force', tree, commit);
    await install(root, tree);
    await npm(tree, 'run', '--silent', 'build');
    replaceBench(root, tree);
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}
