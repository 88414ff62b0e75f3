import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, Ticket } from '../ports.ts';
import type { FreshToken, TokenRecord, TokenStore, TokenUse } from '../token-port.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

const COLUMNS = 'client, name, slot, mechanism, sealed, issued, expires, count, used';
const OF_USER = 'user = (SELECT id FROM user WHERE jid = ?)';

/** The table `token`. */
export class TokenTable {
  readonly #of;
  readonly #list;
  readonly #put;
  readonly #shown;
  readonly #dropCurrent;
  readonly #note;
  readonly #drop;
  readonly #revoke;
  readonly #revokeAll;

  constructor(db: Connection) {
    this.#of = db.prepare<[Owner, string], TokenRecord>(`
      SELECT ${COLUMNS} FROM token WHERE ${OF_USER} AND client = ? ORDER BY slot DESC`);
    this.#list = db.prepare<[Owner], TokenRecord>(`
      SELECT ${COLUMNS} FROM token WHERE ${OF_USER} ORDER BY client DESC, slot DESC`);
    this.#put = db.prepare<unknown[]>(`
      INSERT OR REPLACE INTO token (user, ${COLUMNS})
      SELECT id, ?, ?, 'new', ?, ?, ?, ?, NULL, NULL FROM user WHERE jid = ?`);
    this.#shown = db
      .prepare<[Owner, string, Uint8Array, number | null], TokenRecord['slot']>(`
        SELECT slot FROM token WHERE ${OF_USER} AND client = ? AND sealed = ? AND expires > 0
        AND coalesce(? > count, 1)`)
      .pluck();
    this.#dropCurrent = db.prepare<[Owner, string]>(
      `DELETE FROM token WHERE ${OF_USER} AND client = ? AND slot = 'current'`,
    );
    this.#note = db.prepare<[number | null, number, Owner, string, Uint8Array]>(`
      UPDATE token SET slot = 'current', count = coalesce(?, count), used = ?
      WHERE ${OF_USER} AND client = ? AND sealed = ?`);
    this.#drop = db.prepare<[Owner, string]>(`DELETE FROM token WHERE ${OF_USER} AND client = ?`);
    this.#revoke = db.prepare<[Owner, string]>(
      `UPDATE token SET expires = 0 WHERE ${OF_USER} AND client = ?`,
    );
    this.#revokeAll = db.prepare<[Owner]>(`UPDATE token SET expires = 0 WHERE ${OF_USER}`);
  }

  of(owner: Owner, client: string): readonly TokenRecord[] {
    return this.#of.all(owner, client);
  }

  list(owner: Owner): readonly TokenRecord[] {
    return this.#list.all(owner);
  }

  grant(owner: Owner, token: FreshToken, maxClients: number): boolean {
    const { client, name, mechanism, sealed, issued, expires } = token;
    const facts = [client, name, mechanism, sealed, issued, expires];
    if (this.#put.run(...facts, owner).changes === 0) return false;
    this.#evict(owner, issued, maxClients);
    return true;
  }

  #evict(owner: Owner, time: number, maxClients: number): void {
    const clients = [...Map.groupBy(this.list(owner), ({ client }) => client)];
    if (clients.length <= maxClients) return;
    const ranked = clients.map(([client, tokens]) => ({ client, ...rankOf(tokens, time) }));
    ranked.sort((one, other) => other.isGood - one.isGood || other.seen - one.seen);
    for (const { client } of ranked.slice(maxClients)) this.#drop.run(owner, client);
  }

  use(owner: Owner, { client, sealed, count, time, isLast }: TokenUse): boolean {
    const slot = this.#shown.get(owner, client, sealed, count);
    if (slot === undefined) return false;
    if (isLast) return this.#drop.run(owner, client).changes > 0;
    // With the first use of a token, what came before it is void (XEP-0484 §4.5).
    if (slot === 'new') this.#dropCurrent.run(owner, client);
    return this.#note.run(count, time, owner, client, sealed).changes > 0;
  }

  revoke(owner: Owner, client: string | null): boolean {
    if (client === null) this.#revokeAll.run(owner);
    else this.#revoke.run(owner, client);
    return true;
  }
}

/** Whether the client could come back, and when it was seen last. */
function rankOf(tokens: readonly TokenRecord[], time: number): { isGood: number; seen: number } {
  return {
    isGood: Number(tokens.some(({ expires }) => expires > time)),
    seen: Math.max(...tokens.map(({ issued, used }) => used ?? issued)),
  };
}

/** The port, over the table. */
export class SqliteTokens implements TokenStore {
  readonly #access: Access<{ tokens: TokenTable }>;

  constructor(access: Access<{ tokens: TokenTable }>) {
    this.#access = access;
  }

  of(owner: Owner, client: string): Maybe<readonly TokenRecord[]> {
    return this.#access.read(owner, ({ tokens }) => tokens.of(owner, client));
  }

  list(owner: Owner): Maybe<readonly TokenRecord[]> {
    return this.#access.read(owner, ({ tokens }) => tokens.list(owner));
  }

  grant(owner: Owner, token: FreshToken, maxClients: number): Promise<boolean> {
    return this.#access.ask(owner, ['tokens', 'grant', owner, token, maxClients]);
  }

  use(owner: Owner, use: TokenUse): Promise<boolean> {
    return this.#access.ask(owner, ['tokens', 'use', owner, use]);
  }

  revoke(owner: Owner, client: string | null): Ticket {
    return this.#access.change(owner, ['tokens', 'revoke', owner, client]);
  }
}
