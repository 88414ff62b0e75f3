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
  if (!process.stdin.isTTY) {
    const mend = 'Give it with --password-stdin.';
    throw new CliError('There is no terminal to ask for the password.', mend, EXIT.usage);
  }
  const [password, again] = await askTwice();
  if (password === again) return password;
  throw new CliError('The two passwords differ.', 'Try again; nothing was changed.');
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
async function askTwice(): Promise<[string, string]> {
  process.stdin.setRawMode(true);
  const keys = typedKeys();
  try {
    return [await readLine('Password: ', keys), await readLine('Once more: ', keys)];
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
