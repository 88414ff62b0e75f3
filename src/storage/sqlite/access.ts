import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, Ticket } from '../ports.ts';

/** Methods of a table that change rows: they tell whether the change took effect. */
type ChangeMethods<Table> = {
  [Method in keyof Table]: Table[Method] extends (...values: never[]) => boolean ? Method : never;
}[keyof Table];

type Values<Method> = Method extends (...values: infer V) => boolean ? V : never;

/**
 * One change: a table, its method and the method's arguments. Plain data, for it
 * crosses to the writer thread (structured clone, about 0.5 us each in a batch).
 */
export type ChangeOf<Tables> = {
  [Name in keyof Tables]: {
    [Method in ChangeMethods<Tables[Name]>]: [
      table: Name,
      method: Method,
      ...values: Values<Tables[Name][Method]>,
    ];
  }[ChangeMethods<Tables[Name]>];
}[keyof Tables];

/** How a port reaches its tables, so that no read overtakes a change. */
export interface Access<Tables> {
  /** Throws `StorageError` 'failed' once the store takes no more changes. */
  change(owner: Owner, change: ChangeOf<Tables>): Ticket;
  /** Makes a change that nobody waits for, along with others or within a second. */
  changeLater(change: ChangeOf<Tables>): void;
  /** The same, but that a read of the owner's rows comes behind it. */
  changeSoon(owner: Owner, change: ChangeOf<Tables>): void;
  /** As `change`, for rows of many owners: every later read waits for it. */
  changeAll(change: ChangeOf<Tables>): Ticket;
  /** Makes a change and tells, once it is on disk, whether it took effect. */
  ask(owner: Owner, change: ChangeOf<Tables>): Promise<boolean>;
  /** Resolves once the changes pending for that owner are on disk. */
  whenWritten(owner: Owner): Maybe<void>;
  /** Reads rows of one owner, once the changes pending for that owner are on disk. */
  read<T>(owner: Owner, query: (tables: Tables) => T): Maybe<T>;
  /** Reads rows of these owners, once the changes pending for any of them are on disk. */
  readOf<T>(owners: readonly Owner[], query: (tables: Tables) => T): Maybe<T>;
  /** Reads rows of many owners, once all changes made so far are on disk. */
  readAll<T>(query: (tables: Tables) => T): Maybe<T>;
}
