import type { ChangeOf } from './access.ts';
import { AccountTable } from './accounts.ts';
import { BlockTable } from './blocks.ts';
import type { Connection } from './connection.ts';
import { LastPresenceTable } from './last-presences.ts';
import { OfflineTable } from './offline.ts';
import { PrivateTable } from './private-xml.ts';
import { RosterTable } from './rosters.ts';
import { SecretTable } from './secrets.ts';
import { SessionTable } from './sessions.ts';
import { UserTable } from './users.ts';
import { VcardTable } from './vcards.ts';

/** All SQL of the store, ready to run on one connection: a line for each concern. */
export function openTables(db: Connection) {
  const tables = {
    users: new UserTable(db),
    rosters: new RosterTable(db),
    offline: new OfflineTable(db),
    lastPresences: new LastPresenceTable(db),
    blocks: new BlockTable(db),
    privateXml: new PrivateTable(db),
    vcards: new VcardTable(db),
    sessions: new SessionTable(db),
    secrets: new SecretTable(db),
  };
  return { ...tables, accounts: new AccountTable(tables) };
}

export type Tables = ReturnType<typeof openTables>;

/** A change of any table. */
export type Change = ChangeOf<Tables>;
