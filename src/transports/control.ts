import { lstatSync, unlinkSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { LineReader } from './json-lines.ts';

/**
 * The control socket: one line of JSON asks, one answers, over a Unix socket
 * that only its owner may open. `{"command": "user.list", "params": {}}`.
 */

/** An account that is imported comes whole. */
const MAX_REQUEST_BYTES = 8_388_608;
const MAX_ANSWER_BYTES = 16_777_216;
const MAX_CONNECTIONS = 16;
/** Milliseconds that a connection may lie idle between requests. */
const IDLE_TIMEOUT = 30_000;
/** Milliseconds that a client waits for an answer unless it says otherwise. */
const ANSWER_TIMEOUT = 60_000;
/** Bytes of `sun_path` less its closing zero, on Linux and on the BSDs. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

/** Why the control socket cannot be used, by `code`. */
export const CONTROL_ERRORS = {
  'not-running': 'No server listens there.',
  'in-use': 'A server listens there already.',
  'bad-path': 'No socket can be made there: the path is too long, taken, or not writable.',
  forbidden: 'The socket belongs to another user.',
  broken: 'The server has not answered, or not in time.',
} as const;

/** The control socket cannot be used. `message` says why, `mend` what to do about it. */
export class ControlError extends Error {
  readonly code: keyof typeof CONTROL_ERRORS;
  readonly mend: string;

  constructor(code: ControlError['code'], message: string, mend: string) {
    super(message);
    this.code = code;
    this.mend = mend;
  }
}

/**
 * Runs a command; what it resolves to is the answer, as JSON, or an async iterable of
 * answers, a line each. It must not reject. `signal` says that the client has gone.
 */
export type ControlHandler = (
  command: string,
  params: unknown,
  signal: AbortSignal,
) => Promise<unknown>;

/**
 * Listens on the Unix socket `path`, mode 0600. A socket that a dead server left
 * behind is removed first.
 * @throws {ControlError} when another server listens there, or the path cannot be used.
 */
export async function serveControl(path: string, handle: ControlHandler): Promise<ControlServer> {
  refuseLongPath(path);
  const server = new ControlServer(handle);
  try {
    await server.listen(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw unusable(path, error);
    await removeStale(path);
    await server.listen(path).catch((again) => Promise.reject(unusable(path, again)));
  }
  return server;
}

/** @throws {ControlError} when the system's bound on socket paths is exceeded. */
export function refuseLongPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length <= MAX_PATH_BYTES) return;
  throw new ControlError(
    'bad-path',
    `The path of the control socket is too long: ${path} has ${length} bytes, the system takes ${MAX_PATH_BYTES}.`,
    'Set a shorter one, for example control: { socket: /run/epode/epode.sock }.',
  );
}

export class ControlServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #handle: ControlHandler;

  constructor(handle: ControlHandler) {
    this.#handle = handle;
    // Who has asked all that it wants may end its side, and still gets its answers.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // The mask, because between listening and a chmod anybody could connect.
      const mask = process.umask(0o177);
      try {
        this.#server.listen(path, () => {
          this.#server.off('error', reject);
          resolve();
        });
      } finally {
        process.umask(mask);
      }
    });
  }

  /** Stops listening and removes the socket; answers already written still leave. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroySoon();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE_TIMEOUT, () => socket.destroy());
    this.#serve(socket).catch(() => refuse(socket));
  }

  /** One request at a time: the next is read when the answer has left. */
  async #serve(socket: Socket): Promise<void> {
    const reader = new LineReader(MAX_REQUEST_BYTES);
    const gone = new AbortController();
    // An answer without end has to end with whoever wants no more of anything.
    for (const event of ['end', 'close']) socket.once(event, () => gone.abort());
    // Left open where a request is refused, so that the refusal can be sent.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      for (const line of reader.push(chunk)) {
        const { command, params } = parseRequest(line);
        socket.setTimeout(0);
        await answer(socket, await this.#handle(command, params, gone.signal), gone.signal);
        socket.setTimeout(IDLE_TIMEOUT);
      }
    }
    socket.end();
  }
}

/** Whoever reads slowly is waited for. */
async function answer(socket: Socket, answers: unknown, gone: AbortSignal): Promise<void> {
  if (!isStream(answers)) return await send(socket, answers);
  for await (const each of answers) {
    if (gone.aborted) return;
    await send(socket, each);
  }
}

async function send(socket: Socket, answer: unknown): Promise<void> {
  const isRoomLeft = socket.write(`${JSON.stringify(answer)}\n`);
  if (!isRoomLeft && !socket.destroyed) await drained(socket);
}

function isStream(answers: unknown): answers is AsyncIterable<unknown> {
  return typeof answers === 'object' && answers !== null && Symbol.asyncIterator in answers;
}

function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('drain', resolve);
  socket.once('close', resolve);
  return promise.finally(() => socket.off('drain', resolve).off('close', resolve));
}

function parseRequest(line: string): { command: string; params: unknown } {
  const { command, params } = JSON.parse(line) as { command?: unknown; params?: unknown };
  if (typeof command !== 'string') throw new TypeError('a request names a command');
  return { command, params };
}

// After what is no request, nothing on this connection can be trusted to be one.
function refuse(socket: Socket): void {
  const error = { code: 'bad-request', message: 'This is no request.', hint: '' };
  if (socket.destroyed) return;
  socket.write(`${JSON.stringify({ error })}\n`);
  socket.destroySoon();
}

/**
 * Asks the server behind `path` to run a command and returns its answer.
 * @throws {ControlError} when no server is there, or it does not answer.
 */
export async function callControl(
  path: string,
  command: string,
  params: unknown,
  timeout = ANSWER_TIMEOUT,
): Promise<unknown> {
  refuseLongPath(path);
  const socket = createConnection(path);
  socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout} ms`)));
  try {
    await connected(socket);
    socket.write(`${JSON.stringify({ command, params })}\n`);
    return JSON.parse(await firstLine(socket));
  } catch (error) {
    throw unreachable(path, error as NodeJS.ErrnoException);
  } finally {
    socket.destroy();
  }
}

/**
 * As `callControl`, for a command that answers line by line, each of which is given
 * on as it comes. The server may be silent for `timeout` milliseconds.
 */
export async function* streamControl(
  path: string,
  command: string,
  params: unknown,
  timeout: number,
): AsyncGenerator<unknown, void> {
  refuseLongPath(path);
  const socket = createConnection(path);
  socket.setTimeout(timeout, () => socket.destroy(new Error(`no answer within ${timeout} ms`)));
  const reader = new LineReader(MAX_ANSWER_BYTES);
  try {
    await connected(socket);
    socket.write(`${JSON.stringify({ command, params })}\n`);
    for await (const chunk of socket) for (const line of reader.push(chunk)) yield JSON.parse(line);
    throw new Error('it hung up');
  } catch (error) {
    throw unreachable(path, error as NodeJS.ErrnoException);
  } finally {
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
}

async function firstLine(socket: Socket): Promise<string> {
  const reader = new LineReader(MAX_ANSWER_BYTES);
  for await (const chunk of socket) {
    const [line] = reader.push(chunk);
    if (line !== undefined) return line;
  }
  throw new Error('it hung up');
}

function unreachable(path: string, error: NodeJS.ErrnoException): ControlError {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
    case 'ENOTDIR':
      return new ControlError('not-running', 'The server is not running.', 'Start it: epode start');
    case 'EACCES':
    case 'EPERM':
      return new ControlError(
        'forbidden',
        `This user may not command the server through ${path}.`,
        'Run the command as the user that runs the server.',
      );
    default:
      return new ControlError(
        'broken',
        `The server did not answer: ${error.message}.`,
        "See the server's log.",
      );
  }
}

async function removeStale(path: string): Promise<void> {
  if (!lstatSync(path).isSocket()) {
    throw new ControlError('bad-path', `${path} is there and is no socket.`, 'Move it away.');
  }
  if (await isAnswered(path)) {
    throw new ControlError(
      'in-use',
      `A server is running already: it listens on ${path}.`,
      'Stop it first: epode stop',
    );
  }
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection(path);
  return connected(socket)
    .then(() => true)
    .catch((error: NodeJS.ErrnoException) => error.code !== 'ECONNREFUSED')
    .finally(() => socket.destroy());
}

function unusable(path: string, error: unknown): ControlError {
  return new ControlError(
    'bad-path',
    `The control socket ${path} cannot be made: ${(error as Error).message}.`,
    'Let this user write to its directory, or set control: { socket: … } to another path.',
  );
}
