import { type Adoption, MAX_ADOPTED, type OldMessage } from '../../modules/archive/adoption.ts';
import { AdminError } from '../../server/admin/command.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import type { AccountCommands } from '../admin.ts';
import { type ArchivedEntry, XmlArchiveReader } from './xml-archive-reader.ts';

/** Characters of the messages that go in one call, unless one alone has more. */
const BATCH_SIZE = 1_048_576;

/** Hears how many messages are in archives now, and what is not. */
export interface ArchiveListener {
  adopted(count: number): void;
  missed(problem: { place: string; jid: string; what: string }): void;
}

/**
 * Brings the archives of these accounts in, from a file that may have those of others.
 * Throws `CliError` where the file breaks off.
 */
export async function importArchives(
  path: string,
  accounts: ReadonlySet<string>,
  commands: AccountCommands,
  listener: ArchiveListener,
): Promise<void> {
  const work = new ArchiveImport(accounts, commands, listener);
  try {
    for await (const entry of new XmlArchiveReader(path).entries()) await work.take(entry);
  } finally {
    await work.send();
  }
}

class ArchiveImport {
  readonly #accounts: ReadonlySet<string>;
  readonly #commands: AccountCommands;
  readonly #listener: ArchiveListener;
  #account = { place: '', written: '', jid: '' };
  #batch: OldMessage[] = [];
  #size = 0;

  constructor(accounts: ReadonlySet<string>, commands: AccountCommands, listener: ArchiveListener) {
    this.#accounts = accounts;
    this.#commands = commands;
    this.#listener = listener;
  }

  async take({ place, jid, message }: ArchivedEntry): Promise<void> {
    if (place !== this.#account.place || jid !== this.#account.written) {
      await this.send();
      this.#account = { place, written: jid, jid: prepared(jid) };
    }
    if (!this.#accounts.has(this.#account.jid)) return;
    if (message) await this.#add(message);
    else this.#miss('a message: it is none of an archive, or too large');
  }

  async #add(message: OldMessage): Promise<void> {
    const size = message.stanza.length;
    if (this.#size + size > BATCH_SIZE || this.#batch.length === MAX_ADOPTED) await this.send();
    this.#batch.push(message);
    this.#size += size;
  }

  /** What has gathered. */
  async send(): Promise<void> {
    const messages = this.#batch;
    this.#batch = [];
    this.#size = 0;
    if (messages.length === 0) return;
    const params = { jid: this.#account.jid, messages };
    try {
      const result = await this.#commands.run<Adoption>('archive.import', params);
      this.#listener.adopted(result.adopted);
      for (const what of result.leftOut) this.#miss(what);
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      this.#miss(`${messages.length} messages: ${error.message}`);
    }
  }

  #miss(what: string): void {
    const { place, jid } = this.#account;
    this.#listener.missed({ place, jid, what });
  }
}

/** As accounts are called here; '' for what can be none. */
function prepared(jid: string): string {
  try {
    return Jid.parse(jid).toString();
  } catch (error) {
    if (error instanceof JidError) return '';
    throw error;
  }
}
