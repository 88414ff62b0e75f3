import { FoundMessages } from './archive/found-messages.ts';
import { Inbox } from './archive/inbox.ts';
import { ArchivePages } from './archive/pages.ts';
import { ArchiveReader } from './archive/reader.ts';
import type { Connection } from './connection.ts';

/** What is read at length, which the main thread leaves to another one. */
export function openReadings(db: Connection) {
  return {
    archiveReader: new ArchiveReader(db),
    archivePages: new ArchivePages(db),
    foundMessages: new FoundMessages(db),
    inbox: new Inbox(db),
  };
}

export type Readings = ReturnType<typeof openReadings>;

type Values<Method> = Method extends (...values: infer V) => unknown ? V : never;
type Result<Method> = Method extends (...values: never[]) => infer R ? R : never;

/** One question: a reading, its method and the method's arguments. Plain data, as changes are. */
export type Question = readonly [name: string, method: string, ...values: unknown[]];

/** Answers questions on a connection of its own, or on the one that there is. */
export interface Reader {
  /** Throws or rejects with `StorageError`: 'busy' where too many wait already. */
  ask<Name extends keyof Readings, Method extends keyof Readings[Name]>(
    name: Name,
    method: Method,
    ...values: Values<Readings[Name][Method]>
  ): Result<Readings[Name][Method]> | Promise<Result<Readings[Name][Method]>>;
  close(): Promise<void>;
}

/** Throws SQLite's errors, and `StorageError`. */
export function answer(readings: Readings, [name, method, ...values]: Question): unknown {
  const reading = readings[name as keyof Readings] as unknown as Record<
    string,
    (...values: unknown[]) => unknown
  >;
  return reading[method]!(...values);
}
