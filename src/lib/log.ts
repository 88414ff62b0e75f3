import { type DestinationStream, type LoggerOptions, pino } from 'pino';

/**
 * Structured log. The first argument holds the fields, the second a constant
 * phrase to search for. Never pass stanza bodies or secrets.
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
  const all = { ...options, onChild: (child: { level: string }) => void family.push(child) };
  const root = destination ? pino(all, destination) : pino(all);
  family.push(root);
  const setLevel = (level: string) => {
    for (const log of family) log.level = level;
  };
  return Object.assign(root, { setLevel });
}

export const silentLog: Log = createLog({ level: 'silent' });
