import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import { spelledOut } from './unsafe-text.ts';

/**
 * Structured log. The first argument holds the fields, the second a constant
 * phrase to search for. Never pass stanza bodies or secrets. What a field holds may be
 * what a stranger has written: it stays on its line, and says nothing to a terminal.
 */
export interface Log {
  debug(fields: object, phrase: string): void;
  info(fields: object, phrase: string): void;
  warn(fields: object, phrase: string): void;
  error(fields: object, phrase: string): void;
  child(fields: Record<string, unknown>): Log;
}

/** A log whose level, and that of its children, may change. */
export interface RootLog extends Log {
  setLevel(level: string): void;
}

/** Children are kept as long as the log: they belong to parts of the server, not to clients. */
export function createLog(options: LoggerOptions, destination?: DestinationStream): RootLog {
  const family: { level: string }[] = [];
  const formatters = { log: legible };
  const serializers = { err: legibleError };
  const all = {
    ...options,
    formatters,
    serializers,
    onChild: (child: { level: string }) => void family.push(child),
  };
  const root = destination ? pino(all, destination) : pino(all);
  family.push(root);
  const setLevel = (level: string) => {
    for (const log of family) log.level = level;
  };
  return Object.assign(root, { setLevel });
}

function legible(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, legibleValue(value)]),
  );
}

function legibleValue(value: unknown): unknown {
  if (typeof value === 'string') return spelledOut(value);
  return Array.isArray(value) ? value.map(legibleValue) : value;
}

/** Its message and where it happened, but nothing else that hangs on it. */
function legibleError(error: unknown): unknown {
  if (!isErrorLike(error)) return legibleValue(error);
  const { name, message, stack = '', code } = error as NodeJS.ErrnoException;
  const at = stack.indexOf(message);
  // The lines of the stack are ours, but the message stands before them.
  const frames = at < 0 ? '' : stack.slice(at + message.length);
  const shown = spelledOut(message);
  return { type: name, code, message: shown, stack: `${name}: ${shown}${frames}` };
}

function isErrorLike(value: unknown): value is Error {
  return typeof (value as Error | null)?.message === 'string';
}

export const silentLog: Log = createLog({ level: 'silent' });
