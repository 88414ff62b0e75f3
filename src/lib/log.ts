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

export function createLog(options: LoggerOptions, destination?: DestinationStream): Log {
  return destination ? pino(options, destination) : pino(options);
}

export const silentLog: Log = createLog({ level: 'silent' });
