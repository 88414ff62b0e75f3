import type { Owner } from '../ports.ts';
import type { ChangeOf } from './access.ts';
import { AccountTable } from './accounts.ts';
import { AdoptionTable } from './archive/adoption.ts';
import { SearchTable } from './archive/search.ts';
import { ArchiveTable } from './archive/table.ts';
import { BlockTable } from './blocks.ts';
import type { Connection } from './connection.ts';
import { LastPresenceTable } from './last-presences.ts';
import { OfflineTable } from './offline.ts';
import { PrivateTable } from './private-xml.ts';
import { PushTable } from './push.ts';
import { openReadings } from './readings.ts';
import { RosterTable } from './rosters.ts';
import { SecretTable } from './secrets.ts';
import { SessionTable } from './sessions.ts';
import { TokenTable } from './tokens.ts';
import { UploadTable } from './uploads.ts';
import { UserTable } from './users.ts';
import { VcardTable } from './vcards.ts';

/** All SQL of the store, ready to run on one connection: a line for each concern. */
export function openTables(db: Connection) {
  const search = new SearchTable(db, () => archive.flush());
  const archive = new ArchiveTable(db, search);
  const tokens = new TokenTable(db);
  const uploads = new UploadTable(db);
  const beforeDeletion = (owner: Owner) => {
    archive.leave(owner);
    uploads.leave(owner);
  };
  const tables = {
    archive,
    search,
    adoption: new AdoptionTable(db, archive, search),
    tokens,
    uploads,
    users: new UserTable(db, { tokens, beforeDeletion }),
    rosters: new RosterTable(db),
    offline: new OfflineTable(db),
    lastPresences: new LastPresenceTable(db),
    blocks: new BlockTable(db),
    privateXml: new PrivateTable(db),
    vcards: new VcardTable(db),
    push: new PushTable(db),
    sessions: new SessionTable(db),
    secrets: new SecretTable(db),
  };
  return { ...tables, ...openReadings(db), accounts: new AccountTable(tables) };
}

export type Tables = ReturnType<typeof openTables>;

/** A change of any table. */
export type Change = ChangeOf<Tables>;
