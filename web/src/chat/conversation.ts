import { batch, signal } from '@preact/signals';
import type { Archive, Found, Page } from './archive.ts';
import type { Incoming } from './incoming.ts';
import type { Outgoing } from './outbox.ts';
import { type Arrival, type Entry, Timeline } from './timeline.ts';
import type { Posted } from './unsent.ts';

/** The newest message, as the list of conversations shows it. */
export interface Preview {
  readonly body: string;
  readonly time: number;
  readonly isOwn: boolean;
  readonly isFile: boolean;
  readonly isRetracted: boolean;
}

type Shown = Pick<Arrival, 'body' | 'time' | 'isOwn' | 'file' | 'isRetracted'>;

const NOTHING: Shown = { body: '', time: 0, isOwn: false, file: null, isRetracted: false };

/** What a conversation needs of the session that it is in. */
export interface ConversationDeps {
  readonly archive: Archive;
  newId(): string;
  /** Sends now or later, and never loses it. */
  post(message: Outgoing): void;
  /** Sends now or never. */
  hint(message: Omit<Outgoing, 'id'>): void;
  /** The server has the message of that id. */
  settle(id: string): void;
}

/** Messages that a page of history should bring; the archive holds receipts and the like as well. */
const WANTED = 20;
/** Pages that are read in one go. */
const MAX_PAGES = 10;
/** How long somebody counts as typing who says no more, and how long a pause is; in ms. */
const TYPING_ENDS = 30_000;
const PAUSE = 4_000;

const NS_RETRACT = 'urn:xmpp:message-retract:1';
/** For clients that do not know retractions; they see it as a message. */
const RETRACTION_FALLBACK = '/me took back a message, which your client cannot do.';

/** One peer, and all that was said. */
export class Conversation {
  readonly peer: string;
  readonly entries = signal<readonly Entry[]>([]);
  readonly unread = signal(0);
  readonly preview = signal<Preview | null>(null);
  /** What is written and not sent yet. */
  readonly draft = signal('');
  readonly isTyping = signal(false);
  readonly isLoading = signal(false);
  /** Whether the oldest message is there. */
  readonly isComplete = signal(false);
  readonly #deps: ConversationDeps;
  #timeline = new Timeline();
  #isOpen = false;
  /** What is being read of the archive. */
  #loading: Promise<void> | null = null;
  #typingTimer = 0;
  #pauseTimer = 0;
  #isComposing = false;

  constructor(peer: string, deps: ConversationDeps) {
    this.peer = peer;
    this.#deps = deps;
  }

  /**
   * As the inbox has it. What came last may be a receipt or the like: true where the last
   * message is still to be found.
   */
  seed(unread: number, last: Incoming | null): boolean {
    const message = last?.happenings.find(({ kind }) => kind === 'message');
    batch(() => {
      this.unread.value = unread;
      if (message?.kind === 'message') this.#show(message.arrival);
      else if (last) this.#show({ ...NOTHING, time: last.time });
    });
    return !message && !this.#isOpen;
  }

  /** Shows the newest messages; does nothing where it has been opened before. */
  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    try {
      await this.loadOlder();
    } catch {
      this.#isOpen = false;
    }
  }

  /** Resolves once they are there, whoever asked first; rejects where the archive cannot be read. */
  async loadOlder(): Promise<void> {
    if (this.isComplete.value) return;
    this.#loading ??= this.#readOlder().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #readOlder(): Promise<void> {
    this.isLoading.value = true;
    try {
      let before = this.#timeline.oldestArchiveId;
      let got = 0;
      for (let pages = 0; pages < MAX_PAGES && got < WANTED; pages++) {
        const page = await this.#deps.archive.before(this.peer, before);
        got += this.#takePage(page);
        if (page.isComplete || page.first === null) {
          this.isComplete.value = true;
          break;
        }
        before = page.first;
      }
    } finally {
      this.isLoading.value = false;
    }
  }

  /** Goes back until the message is there; false where it is too far away. */
  async reach(archiveId: string): Promise<boolean> {
    await this.open();
    for (let tries = 0; tries < MAX_PAGES && !this.isComplete.value; tries++) {
      if (this.#timeline.has(archiveId)) break;
      await this.loadOlder();
    }
    return this.#timeline.has(archiveId);
  }

  /** What came while there was no connection. */
  async catchUp(): Promise<void> {
    const newest = this.#timeline.newestArchiveId;
    if (!this.#isOpen || newest === null) {
      await this.#startAnew();
      return;
    }
    let after = newest;
    for (let pages = 0; pages < MAX_PAGES; pages++) {
      const page = await this.#deps.archive.after(this.peer, after);
      this.#takePage(page);
      if (page.isComplete || page.last === null) return;
      after = page.last;
    }
    await this.#startAnew();
  }

  /** A stanza of this conversation, as it comes; true where it is news to read. */
  take(incoming: Incoming): boolean {
    const before = this.entries.peek().length;
    this.#apply(incoming);
    const isNews = incoming.happenings.some(({ kind }) => kind === 'message') && !incoming.isOwn;
    batch(() => {
      if (incoming.isOwn && isActive(incoming)) this.unread.value = 0;
      else if (isNews) this.unread.value += 1;
      this.#publish();
    });
    return isNews && this.entries.peek().length > before;
  }

  send(body: string, file: string | null = null): void {
    const id = this.#deps.newId();
    this.#write(id, Date.now(), body, file);
    this.#stopComposing();
    this.unread.value = 0;
    this.#publish();
    this.#deps.post({
      ...this.#stanza(id, body),
      receipt: { type: 'request' },
      marker: { type: 'markable' },
      ...(file !== null && { links: [{ url: file }] }),
    });
  }

  /** What could not be delivered goes once more, as a new message. */
  sendAgain(id: string): void {
    const failed = this.#timeline.takeFailed(id);
    if (!failed) return;
    // What goes is what is shown: it may have been corrected.
    const shown = this.entries.value.find((each) => each.isOwn && each.id === id) ?? failed;
    this.send(shown.body, shown.file);
  }

  /** Shows what waits to be sent since before this page. */
  restore({ message, time }: Posted): void {
    const { id, body = '', replace, retract, links = [] } = message;
    if (retract) this.#timeline.retract(retract, true, time);
    else if (replace) this.#timeline.correct(replace, true, time, body);
    else if (body !== '') this.#write(id, time, body, links[0]?.url ?? null);
    this.#publish();
  }

  /** Reads back to that time, since the server may have what waits to be sent. */
  async readBackTo(time: number): Promise<void> {
    await this.open();
    for (let tries = 0; tries < MAX_PAGES && !this.isComplete.value; tries++) {
      if ((this.#timeline.oldestTime ?? Number.POSITIVE_INFINITY) < time) return;
      await this.loadOlder();
    }
  }

  /** One's own message of that id gets another text (XEP-0308). */
  correct(id: string, body: string): void {
    this.#timeline.correct(id, true, Date.now(), body);
    this.#stopComposing();
    this.#publish();
    this.#deps.post({ ...this.#stanza(this.#deps.newId(), body), replace: id });
  }

  /** Takes one's own message back (XEP-0424 §3). */
  retract(id: string): void {
    this.#timeline.retract(id, true, Date.now());
    this.#publish();
    this.#deps.post({
      ...this.#stanza(this.#deps.newId(), RETRACTION_FALLBACK),
      retract: id,
      fallbackFor: NS_RETRACT,
      processingHints: { store: true },
    });
  }

  /** Everything has been seen; the peer is told where that is wanted (XEP-0333). */
  markDisplayed(mayTell: boolean): void {
    if (this.unread.value === 0 || !this.#isOpen || this.isLoading.value) return;
    const last = this.entries.value.findLast(({ isOwn, id }) => !isOwn && id !== '');
    this.unread.value = 0;
    if (!last || !mayTell) return;
    const marker = { type: 'displayed', id: last.id } as const;
    this.#deps.post({ id: this.#deps.newId(), to: this.peer, type: 'chat', marker });
  }

  /** The peer is told that one types, and when one has stopped (XEP-0085). */
  composing(isEmpty: boolean): void {
    window.clearTimeout(this.#pauseTimer);
    if (isEmpty) {
      if (this.#isComposing) this.#hint('active');
      this.#isComposing = false;
      return;
    }
    if (!this.#isComposing) this.#hint('composing');
    this.#isComposing = true;
    this.#pauseTimer = window.setTimeout(() => {
      this.#isComposing = false;
      this.#hint('paused');
    }, PAUSE);
  }

  /** The server has one's own message of that id. */
  acknowledged(id: string): void {
    this.#timeline.advance(id, 'sent');
    this.#publish();
  }

  #write(id: string, time: number, body: string, file: string | null): void {
    const rest = { archiveId: null, isOwn: true, isRetracted: false, isMarkable: true };
    const arrival: Arrival = { ...rest, id, time, body, file };
    this.#timeline.add(arrival, 'sending');
    this.#show(arrival);
  }

  #stanza(id: string, body: string): Outgoing {
    return { id, originId: id, to: this.peer, type: 'chat', body, chatState: 'active' };
  }

  #hint(chatState: 'active' | 'composing' | 'paused'): void {
    this.#deps.hint({ to: this.peer, type: 'chat', chatState, processingHints: { noStore: true } });
  }

  #stopComposing(): void {
    window.clearTimeout(this.#pauseTimer);
    this.#isComposing = false;
  }

  /** What is between is not known, or is too much to be read in one go. */
  async #startAnew(): Promise<void> {
    const unsent = this.#timeline.unsent();
    this.#timeline = new Timeline();
    for (const arrival of unsent) this.#timeline.add(arrival, 'sending');
    this.isComplete.value = false;
    this.#publish();
    if (this.#isOpen) await this.loadOlder();
  }

  /** How many messages of it are new to the page. */
  #takePage({ found }: Page): number {
    const added = found.filter((each) => this.#takeFound(each)).length;
    this.#publish();
    return added;
  }

  #takeFound({ incoming }: Found): boolean {
    if (incoming.isOwn) this.#deps.settle(incoming.id);
    return this.#apply(incoming);
  }

  /** Whether a message has been added. */
  #apply({ happenings, isOwn, time, id }: Incoming): boolean {
    let isAdded = false;
    for (const happening of happenings) {
      if (happening.kind === 'message') {
        isAdded = this.#timeline.add(happening.arrival);
        this.#show(happening.arrival);
        if (!isOwn) this.#setTyping(false);
      } else if (happening.kind === 'correction') {
        this.#timeline.correct(happening.id, isOwn, time, happening.body);
      } else if (happening.kind === 'retraction') {
        this.#timeline.retract(happening.id, isOwn, time);
      } else if (happening.kind === 'refused') {
        this.#timeline.fail(id);
      } else if (!isOwn) {
        if (happening.kind === 'received') this.#timeline.received(happening.id);
        if (happening.kind === 'displayed') this.#timeline.displayed(happening.id);
        if (happening.kind === 'chat-state') this.#setTyping(happening.isComposing);
      }
    }
    return isAdded;
  }

  #show({ body, time, isOwn, file, isRetracted }: Shown): void {
    const shown = this.preview.peek();
    if (shown && shown.time > time) return;
    this.preview.value = { body, time, isOwn, isFile: file !== null, isRetracted };
  }

  #setTyping(isTyping: boolean): void {
    window.clearTimeout(this.#typingTimer);
    this.isTyping.value = isTyping;
    if (!isTyping) return;
    this.#typingTimer = window.setTimeout(() => {
      this.isTyping.value = false;
    }, TYPING_ENDS);
  }

  #publish(): void {
    const entries = this.#timeline.entries();
    this.entries.value = entries;
    const last = entries.at(-1);
    if (!last) return;
    const { body, time, isOwn, file, isRetracted } = last;
    this.preview.value = { body, time, isOwn, isFile: file !== null, isRetracted };
  }
}

/** Whether what another device of one's own has sent shows that all before was read. */
function isActive({ happenings }: Incoming): boolean {
  return happenings.some(({ kind }) => kind === 'message' || kind === 'displayed');
}
