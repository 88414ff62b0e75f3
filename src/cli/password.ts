import { CliError, EXIT } from './failure.ts';

const MAX_BYTES = 4_096;
const ENTER = new Set(['\r', '\n']);
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ERASE = new Set(['\u007f', '\b']);

/**
 * A new password: from standard input when asked so, else typed twice on the
 * terminal, unseen. Never from the arguments, which every user of a machine can read.
 */
export async function readNewPassword(isFromStdin: boolean): Promise<string> {
  if (isFromStdin) return readStdin();
  requireTerminal();
  const [password = '', again] = await ask('Password: ', 'Once more: ');
  if (password === again) return password;
  throw new CliError('The two passwords differ.', 'Try again; nothing was changed.');
}

/** As `readNewPassword`, for one that exists: it is asked for once. */
export async function readPassword(isFromStdin: boolean): Promise<string> {
  if (isFromStdin) return readStdin();
  requireTerminal();
  const [password] = await ask('Password: ');
  return password ?? '';
}

function requireTerminal(): void {
  if (process.stdin.isTTY) return;
  const mend = 'Give it with --password-stdin.';
  throw new CliError('There is no terminal to ask for the password.', mend, EXIT.usage);
}

/** All of standard input, less one line break at the end. */
async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new CliError('The password is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

// The terminal stays silent from before the first question until after the last
// answer: what is typed ahead does not show either.
async function ask(...questions: readonly string[]): Promise<string[]> {
  process.stdin.setRawMode(true);
  const keys = typedKeys();
  try {
    const answers: string[] = [];
    for (const question of questions) answers.push(await readLine(question, keys));
    return answers;
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}

async function* typedKeys(): AsyncGenerator<string> {
  process.stdin.setEncoding('utf8');
  for await (const keys of process.stdin) yield* keys as string;
}

async function readLine(question: string, keys: AsyncGenerator<string>): Promise<string> {
  process.stderr.write(question);
  const line: string[] = [];
  for (;;) {
    const { value: key, done } = await keys.next();
    const isAbort = done || key === CTRL_C || key === CTRL_D;
    if (isAbort || ENTER.has(key)) process.stderr.write('\n');
    if (isAbort) throw new CliError('Given up; nothing was changed.');
    if (ENTER.has(key)) return line.join('');
    if (ERASE.has(key)) line.pop();
    else line.push(key);
  }
}
