import { silentLog as log } from '../../../src/lib/log.ts';
import { type Connection, connect } from '../../../src/storage/sqlite/connection.ts';
import { prepareSchema, type Schema } from '../../../src/storage/sqlite/schema.ts';

/** The schema without what differs between files with the same tables: spaces and comments. */
export function schemaOf(db: Connection): unknown[] {
  const rows = db
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2')
    .all();
  return rows.map((row) => {
    const { sql, ...rest } = row as { sql: string | null };
    const bare = sql
      ?.replaceAll(/--.*/g, '')
      .replaceAll(/\s+/g, ' ')
      .replaceAll('"', '')
      .replaceAll(/ ?([(),]) ?/g, '$1');
    return { ...rest, sql: bare };
  });
}

/** What a new installation has, in memory. */
export function installed(schema: Schema): Connection {
  const db = connect(':memory:');
  prepareSchema(db, schema, log);
  return db;
}
