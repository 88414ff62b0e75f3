import type { OldMessage } from '../../modules/archive/adoption.ts';
import { type Element, serialize } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import { PieceBuilder } from './piece-builder.ts';
import { NS_ARCHIVE, NS_FORWARD, NS_MAM, NS_PIE } from './server-data.ts';
import { type XmlListener, XmlSource, type XmlTag } from './xml-source.ts';

/** A message of somebody's archive, as a file has it. */
export interface ArchivedEntry {
  /** Where the account begins. */
  readonly place: string;
  /** Bare JID, as it is written. */
  readonly jid: string;
  /** Null for what is no message of an archive. */
  readonly message: OldMessage | null;
}

/** What is open around a message of an archive, from the outermost in. */
const AROUND = [
  ['server-data', NS_PIE],
  ['host', NS_PIE],
  ['user', NS_PIE],
  ['archive', NS_ARCHIVE],
] as const;
const USER = 3;

/** The archives in a file (XEP-0227 §4.11), and nothing else: a message at a time. */
export class XmlArchiveReader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {CliError} where the file cannot be read any further. */
  async *entries(): AsyncGenerator<ArchivedEntry> {
    const found = new ArchiveListener();
    for await (const _ of new XmlSource(this.#path, found).read()) yield* found.take();
    yield* found.take();
  }
}

class ArchiveListener implements XmlListener {
  readonly #done: ArchivedEntry[] = [];
  readonly #piece = new PieceBuilder();
  /** How much of what is around a message is open. */
  #depth = 0;
  /** Elements open within one that is passed over. */
  #skipping = 0;
  #host = '';
  #account = { jid: '', place: '' };

  take(): ArchivedEntry[] {
    return this.#done.splice(0);
  }

  open(tag: XmlTag, place: string): void {
    if (this.#skipping > 0) this.#skipping++;
    else if (this.#depth === AROUND.length) this.#piece.open(tag);
    else if (this.#isNext(tag)) this.#enter(tag, place);
    else this.#skipping = 1;
  }

  #isNext({ name, xmlns }: XmlTag): boolean {
    const [nextName, nextXmlns] = AROUND[this.#depth]!;
    return name === nextName && xmlns === nextXmlns;
  }

  #enter({ attrs }: XmlTag, place: string): void {
    this.#depth++;
    if (this.#depth === USER - 1) this.#host = attrs.jid ?? '';
    if (this.#depth === USER) this.#account = { jid: `${attrs.name ?? ''}@${this.#host}`, place };
  }

  text(text: string): void {
    if (this.#skipping === 0) this.#piece.text(text);
  }

  close(): void {
    if (this.#skipping > 0) {
      this.#skipping--;
    } else if (!this.#piece.isOpen) {
      this.#depth--;
    } else {
      const piece = this.#piece.close();
      if (!piece) return;
      const message = piece.isTooLarge ? null : messageIn(piece.element);
      this.#done.push({ ...this.#account, message });
    }
  }
}

/** XEP-0313 §4.2. */
function messageIn(result: Element): OldMessage | null {
  const forwarded = result.is('result', NS_MAM) && result.getChild('forwarded', NS_FORWARD);
  if (!forwarded) return null;
  const stamp = forwarded.getChild('delay', NS.delay)?.attrs.stamp;
  const message = forwarded.getChild('message', NS.client);
  if (!message || typeof stamp !== 'string' || stamp.length > 100) return null;
  message.parent = null;
  return { time: stamp, stanza: serialize(message) };
}
