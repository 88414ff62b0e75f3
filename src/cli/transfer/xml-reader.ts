import { z } from 'zod';
import { portableAccount } from '../../modules/transfer/portable-account.ts';
import { type AccountReader, broken, type Entry, entryOf, problemAt, Tally } from './entry.ts';
import { type Piece, PieceBuilder } from './piece-builder.ts';
import { NS_ARCHIVE, NS_PIE } from './server-data.ts';
import { type AccountDraft, CONTAINERS, keyOf, newDraft, PIECES } from './xml-pieces.ts';
import { type XmlListener, XmlSource, type XmlTag } from './xml-source.ts';

/** Characters of all pieces of an account, and how many there may be. */
const MAX_ACCOUNT = 3_145_728;
const MAX_PIECES = 30_000;

/** The elements around a user, by depth. */
const AROUND = ['server-data', 'host'];
const NS_XINCLUDE = 'http://www.w3.org/2001/XInclude';

/** Accounts of another server, or of this one, with all that belongs to them (XEP-0227). */
export class XmlReader implements AccountReader {
  readonly ignored = new Tally();
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async *entries(): AsyncGenerator<Entry> {
    const assembler = new AccountAssembler(this.ignored);
    for await (const _ of new XmlSource(this.#path, assembler).read()) yield* assembler.take();
    yield* assembler.take();
  }
}

/** Puts accounts together, of which only the one being read is in memory. */
class AccountAssembler implements XmlListener {
  readonly #ignored: Tally;
  readonly #done: Entry[] = [];
  /** Elements that are open, down to a piece. */
  #depth = 0;
  /** Elements open within one that is passed over. */
  #skipping = 0;
  #host = '';
  #user: User | null = null;

  constructor(ignored: Tally) {
    this.#ignored = ignored;
  }

  take(): Entry[] {
    return this.#done.splice(0);
  }

  open(tag: XmlTag, place: string): void {
    if (this.#skipping > 0) {
      this.#skipping++;
    } else if (this.#user) {
      if (!this.#user.open(tag)) this.#skip(tag);
    } else if (this.#depth < AROUND.length) {
      this.#openAround(tag, place);
    } else if (tag.name === 'user' && tag.xmlns === NS_PIE) {
      this.#user = new User(this.#host, tag, place, this.#ignored);
    } else {
      this.#skip(tag);
    }
  }

  #openAround(tag: XmlTag, place: string): void {
    const isExpected = tag.name === AROUND[this.#depth] && tag.xmlns === NS_PIE;
    if (this.#depth === 0 && !isExpected) throw broken(place, 'this is no XEP-0227 file');
    if (!isExpected) this.#skip(tag);
    else if (++this.#depth === AROUND.length) this.#host = tag.attrs.jid ?? '';
  }

  #skip({ name, xmlns }: XmlTag): void {
    this.#skipping = 1;
    // Archives are read by themselves, behind all accounts.
    if (xmlns !== NS_XINCLUDE && xmlns !== NS_ARCHIVE)
      this.#ignored.add(`<${name} xmlns='${xmlns}'/>`.slice(0, 200));
  }

  text(text: string): void {
    if (this.#skipping === 0) this.#user?.text(text);
  }

  close(): void {
    if (this.#skipping > 0) {
      this.#skipping--;
    } else if (!this.#user) {
      this.#depth--;
    } else if (this.#user.close()) {
      this.#done.push(this.#user.finish());
      this.#user = null;
    }
  }
}

/** One account that is being read. */
class User {
  readonly #place: string;
  readonly #ignored: Tally;
  readonly #leftOut: string[] = [];
  readonly #account: AccountDraft;
  #container: string | null = null;
  readonly #piece = new PieceBuilder();
  #size = 0;
  #pieces = 0;

  constructor(host: string, { attrs }: XmlTag, place: string, ignored: Tally) {
    this.#place = place;
    this.#ignored = ignored;
    this.#account = newDraft(`${attrs.name ?? ''}@${host}`, attrs.password);
  }

  /** False for an element that is to be passed over. */
  open(tag: XmlTag): boolean {
    const key = keyOf(tag.name, tag.xmlns);
    if (this.#piece.isOpen || this.#container !== null || PIECES.has(key)) {
      this.#piece.open(tag);
      return true;
    }
    if (!CONTAINERS.has(key)) return false;
    this.#container = key;
    return true;
  }

  text(text: string): void {
    this.#piece.text(text);
  }

  /** Whether the account itself has ended. */
  close(): boolean {
    if (this.#piece.isOpen) {
      const piece = this.#piece.close();
      if (piece) this.#keep(piece);
      return false;
    }
    if (this.#container === null) return true;
    this.#container = null;
    return false;
  }

  #keep({ element: piece, size, isTooLarge }: Piece): void {
    const name = `<${piece.getName()} xmlns='${piece.getNS()}'/>`;
    const isRoom = this.#size + size <= MAX_ACCOUNT && this.#pieces < MAX_PIECES;
    if (isTooLarge || !isRoom) {
      if (this.#leftOut.length < MAX_PIECES) this.#leftOut.push(`${name}: it is too large`);
      return;
    }
    this.#size += size;
    this.#pieces++;
    const key = this.#container ?? keyOf(piece.getName(), piece.getNS() ?? '');
    const read = this.#container === null ? PIECES.get(key) : CONTAINERS.get(key);
    if (!read?.(this.#account, piece)) this.#ignored.add(name.slice(0, 200));
  }

  finish(): Entry {
    const checked = portableAccount.safeParse(this.#account);
    if (checked.success) return entryOf(this.#place, checked.data, this.#leftOut);
    const problem = z.prettifyError(checked.error).replaceAll(/\s+/g, ' ');
    return problemAt(this.#place, `${this.#account.jid}: ${problem}`.slice(0, 500));
  }
}
