import { computed, effect, signal } from '@preact/signals';
import type { Agent, Stanzas } from 'stanza';
import { type Extension, extensions } from '../extensions.ts';
import { Archive } from './archive.ts';
import { Cards } from './cards.ts';
import type { Connection } from './connection.ts';
import { Contacts } from './contacts.ts';
import { Conversation } from './conversation.ts';
import { type Incoming, readIncoming } from './incoming.ts';
import { bareOf, domainOf, localOf } from './jid.ts';
import { Outbox, type Outgoing } from './outbox.ts';
import { keepUnsent, type Posted, readUnsent } from './unsent.ts';
import { Uploads } from './uploads.ts';

/** A new message that nobody looks at, for those who are told of it. */
export interface News {
  readonly peer: string;
  readonly body: string;
}

/** Conversations whose last message is looked for before somebody opens them. */
const MAX_PREVIEWS = 30;

/** Everything of one signed-in account that the page shows. */
export class Session {
  readonly connection: Connection;
  readonly jid: string;
  readonly contacts: Contacts;
  readonly cards: Cards;
  readonly archive: Archive;
  readonly uploads: Uploads;
  readonly extensions: readonly Extension[];
  readonly conversations = signal<ReadonlyMap<string, Conversation>>(new Map());
  /** The peer whose conversation is on the page; null for none. */
  readonly selected = signal<string | null>(null);
  /** In the archive: the message that is to be shown, wherever it is; null for none. */
  readonly sought = signal<string | null>(null);
  readonly news = signal<News | null>(null);
  readonly unread = computed(() =>
    [...this.conversations.value.values()].reduce((sum, { unread }) => sum + unread.value, 0),
  );
  readonly #agent: Agent;
  readonly #outbox: Outbox;
  /** What waits since before this page, until it is known what the server has of it. */
  #restored: readonly Posted[];
  readonly #ended = new AbortController();
  #isLookedAt = true;

  constructor(connection: Connection) {
    const { agent, jid } = connection;
    this.connection = connection;
    this.jid = jid;
    this.#agent = agent;
    this.contacts = new Contacts(agent);
    this.cards = new Cards(agent);
    this.archive = new Archive(agent, jid);
    this.uploads = new Uploads(agent);
    this.#restored = readUnsent(jid);
    const keep = (posted: readonly Posted[]) => keepUnsent(jid, posted);
    this.#outbox = new Outbox((message) => agent.sendMessage(message), keep, this.#restored);
    this.extensions = extensions.map((make) => make(agent, domainOf(jid)));
    for (const each of this.#restored) this.conversation(each.message.to!).restore(each);
    this.#listen();
  }

  /** For each new session at the server; what does not come to pass is tried in another. */
  async start(): Promise<void> {
    try {
      await this.#load();
    } catch {
      if (this.connection.state.value === 'online') this.connection.restart();
    }
  }

  async #load(): Promise<void> {
    await this.contacts.load();
    await this.#agent.enableCarbons();
    this.#agent.sendPresence({ legacyCapabilities: this.#agent.updateCaps() ?? [] });
    const bare: Conversation[] = [];
    for (const { peer, unread, last } of await this.archive.inbox()) {
      const conversation = this.conversation(peer);
      if (conversation.seed(unread, last)) bare.push(conversation);
    }
    const open = [...this.conversations.value.values()];
    await Promise.all(open.map((conversation) => conversation.catchUp().catch(() => {})));
    await this.#settleRestored();
    this.#outbox.open(true);
    this.cards.retry();
    for (const conversation of bare.slice(0, MAX_PREVIEWS)) await conversation.open();
  }

  /** What the archive has was sent before this page, and does not go again. */
  async #settleRestored(): Promise<void> {
    for (const { message, time } of this.#restored) {
      await this.conversation(message.to!)
        .readBackTo(time)
        .catch(() => {});
    }
    this.#restored = [];
  }

  signOut(): void {
    this.#outbox.giveUp();
    this.connection.signOut();
  }

  /** The connection is closed for good. */
  end(): void {
    for (const extension of this.extensions) extension.stop?.();
    this.#ended.abort();
  }

  /** With that bare JID; there is one from then on. */
  conversation(peer: string): Conversation {
    const known = this.conversations.peek().get(peer);
    if (known) return known;
    const conversation = new Conversation(peer, {
      archive: this.archive,
      newId: () => this.#agent.nextId(),
      post: (message) => this.#outbox.post(message),
      hint: (message) => this.#hint(message),
      settle: (id) => this.#outbox.settle(id),
    });
    this.conversations.value = new Map(this.conversations.peek()).set(peer, conversation);
    return conversation;
  }

  /** Shows the conversation with that bare JID; null for none. */
  select(peer: string | null): void {
    this.selected.value = peer;
    if (peer !== null)
      void this.conversation(peer)
        .open()
        .then(() => this.#seen());
  }

  /** What people call it: as its owner of the roster does, as it does itself, or by its address. */
  nameOf(jid: string): string {
    const named = this.contacts.all.value.get(jid)?.name || this.cards.of(jid).nickname;
    return named || localOf(jid) || jid;
  }

  /** Sends a file: from page to page where an extension can, else by way of the server. */
  async sendFile(peer: string, file: File): Promise<void> {
    if (this.extensions.some((extension) => extension.sendFile?.(peer, file))) return;
    const url = await this.uploads.upload(peer, file);
    if (url !== null) this.conversation(peer).send(url, url);
  }

  #listen(): void {
    const agent = this.#agent;
    agent.on('message', (message) => this.#take(message));
    agent.on('message:sent', (message, isByAnother) => {
      if (isByAnother) this.#take(message as Stanzas.ReceivedMessage);
    });
    agent.on('message:acked', ({ id = '', to = '' }) => {
      this.#outbox.settle(id);
      this.conversations.peek().get(bareOf(to))?.acknowledged(id);
    });
    agent.on('session:started', () => void this.start());
    agent.on('stream:management:resumed', () => this.#outbox.open(false));
    agent.on('disconnected', () => this.#outbox.close());
    const { signal } = this.#ended;
    document.addEventListener('visibilitychange', () => this.#look(), { signal });
    window.addEventListener('focus', () => this.#seen(), { signal });
    const stop = effect(() => {
      document.title = this.unread.value > 0 ? `(${this.unread.value}) Epode` : 'Epode';
    });
    signal.addEventListener('abort', stop);
  }

  #take(message: Stanzas.ReceivedMessage): void {
    // What these enclose comes by itself.
    if (message.carbon || message.archive || message.inboxEntry) return;
    const incoming = readIncoming(message, { own: this.jid, archiveId: null, now: Date.now() });
    if (!incoming || incoming.happenings.length === 0) return;
    if (isOnlyState(incoming) && !this.conversations.peek().has(incoming.peer)) return;
    const conversation = this.conversation(incoming.peer);
    const isNews = conversation.take(incoming);
    if (incoming.wantsReceipt && isNews) this.#confirm(incoming);
    if (isNews) this.#announce(incoming);
    if (this.selected.peek() === incoming.peer) this.#seen();
  }

  /** Only contacts hear that a message has arrived: to others it would say that one is there. */
  #confirm({ peer, id }: Incoming): void {
    if (!this.contacts.all.peek().get(peer)?.sees) return;
    const receipt = { type: 'received', id } as const;
    this.#outbox.post({ id: this.#agent.nextId(), to: peer, type: 'chat', receipt });
  }

  #announce({ peer, happenings }: Incoming): void {
    const message = happenings.find((happening) => happening.kind === 'message');
    if (message) this.news.value = { peer, body: message.arrival.body };
  }

  #hint(message: Omit<Outgoing, 'id'>): void {
    if (this.connection.state.value !== 'online') return;
    if (!this.contacts.all.peek().get(message.to ?? '')?.sees) return;
    this.#agent.sendMessage(message);
  }

  /** What the client tells the server of who looks at it (XEP-0352). */
  #look(): void {
    const isLookedAt = document.visibilityState === 'visible';
    if (isLookedAt === this.#isLookedAt) return;
    this.#isLookedAt = isLookedAt;
    if (isLookedAt) this.#agent.markActive();
    else this.#agent.markInactive();
    this.#seen();
  }

  /** Whoever looks at a conversation has read it. */
  #seen(): void {
    const peer = this.selected.peek();
    if (peer === null || document.visibilityState !== 'visible' || !document.hasFocus()) return;
    const mayTell = this.contacts.all.peek().get(peer)?.sees ?? false;
    this.conversations.peek().get(peer)?.markDisplayed(mayTell);
  }
}

function isOnlyState({ happenings }: Incoming): boolean {
  return happenings.every(({ kind }) => kind === 'chat-state');
}
