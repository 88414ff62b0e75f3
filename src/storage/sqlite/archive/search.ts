import type { ArchiveId } from '../../archive-port.ts';
import type { Owner } from '../../ports.ts';
import type { Connection } from '../connection.ts';
import type { Words } from './bodies.ts';
import { Emptying } from './emptying.ts';
import { NewHolders } from './new-holders.ts';
import { addressesOf } from './reference.ts';
import { textOf } from './words.ts';

/** Messages that one step looks at: some 6 ms. */
const STEP = 200;
/** Parts of the index that become one; fewer make searches faster, more make changes cheaper. */
const MERGED = 8;
/** Pages that one step merges at most, some 6 ms: more than it adds on the whole. */
const MERGE_STEP = 128;
/** Stands for the last message taken in where the index is being emptied, or is empty and stays so. */
const OFF = -1;

interface Body {
  readonly id: ArchiveId;
  readonly stanza: string;
}

/**
 * The tables `message_text` and `search_progress`, as they are changed: the index follows
 * the archive at some distance, so that nobody who sends waits for it.
 */
export class SearchTable implements Words {
  readonly #settle: () => ArchiveId;
  readonly #emptying: Emptying;
  readonly #newHolders = new NewHolders();
  readonly #progress;
  readonly #next;
  readonly #stanza;
  readonly #holder;
  readonly #insert;
  readonly #delete;
  readonly #advance;
  readonly #neverMerge;
  readonly #mergeParts;
  readonly #mergeStep;
  #isConfigured = false;

  /**
   * @param settle writes what the archive has taken and not written yet, and tells up to which
   *   message all are in their archives
   */
  constructor(db: Connection, settle: () => ArchiveId) {
    this.#settle = settle;
    this.#emptying = new Emptying(db);
    this.#progress = db
      .prepare<[], number>('SELECT upto FROM search_progress WHERE one = 1')
      .pluck();
    this.#next = db.prepare<[number, number], Body>(
      `SELECT id, stanza FROM message WHERE id > ? AND id <= ? ORDER BY id LIMIT ${STEP}`,
    );
    this.#stanza = db.prepare<[number], string>('SELECT stanza FROM message WHERE id = ?').pluck();
    this.#holder = db
      // As a join it would be planned anew each time: 10 us instead of 2.
      .prepare<[Owner, number], number>(`
        SELECT user FROM archive WHERE user = (SELECT id FROM user WHERE jid = ?) AND id = ?`)
      .pluck();
    this.#insert = db.prepare<[number, string, string]>(
      'INSERT INTO message_text (rowid, body, holders) VALUES (?, ?, ?)',
    );
    this.#delete = db.prepare<[number]>('DELETE FROM message_text WHERE rowid = ?');
    this.#advance = db.prepare<[number]>(
      'INSERT OR REPLACE INTO search_progress (one, upto) VALUES (1, ?)',
    );
    const command = (name: string, value: number) =>
      db.prepare<[]>(`INSERT INTO message_text (message_text, rank) VALUES ('${name}', ${value})`);
    this.#neverMerge = command('automerge', 0);
    this.#mergeParts = command('usermerge', MERGED);
    this.#mergeStep = command('merge', MERGE_STEP);
  }

  /** Takes the next messages into the index; false when there is none. */
  index(): boolean {
    if (this.#upto === OFF) return this.#begin();
    const filed = this.#settle();
    const bodies = this.#next.all(this.#upto, filed);
    const last = bodies.at(-1);
    if (!last) return false;
    for (const body of bodies) this.#take(body);
    this.#advance.run(last.id);
    this.#merge();
    return true;
  }

  /** Takes some of it out, and nothing in from now on; false when there is none left. */
  empty(): boolean {
    if (this.#upto === OFF) return this.#emptying.step();
    // What this commit has changed has to be there until its end.
    this.#advance.run(OFF);
    return true;
  }

  /** Whether it may be searched. */
  get isGood(): boolean {
    return this.#upto !== OFF;
  }

  /** What was to be emptied is, before it is filled again. */
  #begin(): boolean {
    if (!this.#emptying.step()) this.#advance.run(0);
    return true;
  }

  get #upto(): number {
    return this.#progress.get() ?? 0;
  }

  /** Left to itself the index merges seldom and much at a time, for 25 ms and more. */
  #merge(): void {
    if (!this.#isConfigured) {
      this.#neverMerge.run();
      this.#mergeParts.run();
      this.#isConfigured = true;
    }
    this.#mergeStep.run();
  }

  #take({ id, stanza }: Body): void {
    const text = textOf(stanza);
    const known = this.#newHolders.take(id);
    const holders = text === '' ? [] : (known ?? this.#holdersOf(id, stanza));
    if (holders.length > 0) this.#insert.run(id, text, holders.map(holderToken).join(' '));
  }

  /** Whoever holds a message is its sender or its recipient. */
  #holdersOf(id: ArchiveId, stanza: string): number[] {
    return addressesOf(stanza)
      .map((jid) => this.#holder.get(jid, id))
      .filter((user) => user !== undefined);
  }

  begin(id: ArchiveId): void {
    this.#newHolders.begin(id);
  }

  hold(id: ArchiveId, user: number): void {
    this.#newHolders.add(id, user);
  }

  /** A message is gone, or has other words: what it said is found no more. */
  remove(id: ArchiveId): void {
    if (this.#upto !== OFF) this.#delete.run(id);
  }

  /** A message has one more holder, who has come too late for the index. */
  renew(id: ArchiveId): void {
    if (id > this.#upto) return;
    const stanza = this.#stanza.get(id);
    this.remove(id);
    if (stanza !== undefined) this.#take({ id, stanza });
  }
}

/** An account as a word of the index, by number. */
export function holderToken(user: number): string {
  return `u${user}`;
}
