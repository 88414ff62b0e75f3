import type { Maybe } from '../../lib/maybe.ts';
import type { Owner, PrivateName, PrivateStore, Ticket } from '../ports.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';

interface Usage {
  elements: number;
  bytes: number;
}

const NOTHING: Usage = { elements: 0, bytes: 0 };

/** The table `private_xml`. */
export class PrivateTable {
  readonly #find;
  readonly #usageBeside;
  readonly #put;
  readonly #all;

  constructor(db: Connection) {
    this.#find = db
      .prepare<[Owner, string, string], string>(`
        SELECT xml FROM private_xml
        WHERE user = (SELECT id FROM user WHERE jid = ?) AND xmlns = ? AND name = ?`)
      .pluck();
    this.#usageBeside = db.prepare<[Owner, string, string], Usage>(`
      SELECT count(*) AS elements, coalesce(sum(octet_length(xml)), 0) AS bytes FROM private_xml
      WHERE user = (SELECT id FROM user WHERE jid = ?) AND NOT (xmlns = ? AND name = ?)`);
    this.#all = db.prepare<[Owner], PrivateName & { xml: string }>(`
      SELECT xmlns, name, xml FROM private_xml WHERE user = (SELECT id FROM user WHERE jid = ?)`);
    this.#put = db.prepare<[string, string, string, Owner]>(`
      INSERT OR REPLACE INTO private_xml (user, xmlns, name, xml)
      SELECT id, ?, ?, ? FROM user WHERE jid = ?`);
  }

  find(owner: Owner, { xmlns, name }: PrivateName): string | null {
    return this.#find.get(owner, xmlns, name) ?? null;
  }

  usageBeside(owner: Owner, { xmlns, name }: PrivateName): Usage {
    return this.#usageBeside.get(owner, xmlns, name) ?? NOTHING;
  }

  all(owner: Owner): { name: PrivateName; xml: string }[] {
    return this.#all.all(owner).map(({ xmlns, name, xml }) => ({ name: { xmlns, name }, xml }));
  }

  put(owner: Owner, { xmlns, name }: PrivateName, xml: string): boolean {
    return this.#put.run(xmlns, name, xml, owner).changes > 0;
  }
}

/** The port, over the table. */
export class SqlitePrivateXml implements PrivateStore {
  readonly #access: Access<{ privateXml: PrivateTable }>;

  constructor(access: Access<{ privateXml: PrivateTable }>) {
    this.#access = access;
  }

  find(owner: Owner, name: PrivateName): Maybe<string | null> {
    return this.#access.read(owner, ({ privateXml }) => privateXml.find(owner, name));
  }

  usageBeside(owner: Owner, name: PrivateName): Maybe<Usage> {
    return this.#access.read(owner, ({ privateXml }) => privateXml.usageBeside(owner, name));
  }

  put(owner: Owner, name: PrivateName, xml: string): Ticket {
    return this.#access.change(owner, ['privateXml', 'put', owner, name, xml]);
  }
}
