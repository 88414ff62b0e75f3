import { signal } from '@preact/signals';
import type { Agent, Stanzas } from 'stanza';
import { bareOf } from './jid.ts';
import { readPicture } from './pictures.ts';

/** What somebody shows of themselves (XEP-0054). */
export interface Card {
  /** '' for none. */
  readonly nickname: string;
  /** A `blob:` address; null for none. */
  readonly picture: string | null;
}

const EMPTY: Card = { nickname: '', picture: null };

/** Requests under way at a time. */
const MAX_ASKING = 4;
/** Characters of a nickname that are shown. */
const MAX_NICKNAME = 80;

/** People's cards, each asked for when it is first needed, and again when its picture changes. */
export class Cards {
  readonly all = signal<ReadonlyMap<string, Card>>(new Map());
  readonly #agent: Agent;
  readonly #asked = new Set<string>();
  readonly #hashes = new Map<string, string>();
  #queue: string[] = [];
  #asking = 0;

  constructor(agent: Agent) {
    this.#agent = agent;
    agent.on('available', ({ from, vcardAvatar }) => {
      if (typeof vcardAvatar === 'string') this.#update(bareOf(from), vcardAvatar);
    });
  }

  /** What is known by now; asks for what is not. */
  of(jid: string): Card {
    const known = this.all.value.get(jid);
    if (!known && !this.#asked.has(jid)) this.#ask(jid);
    return known ?? EMPTY;
  }

  /** Asks once more for what could not be had while there was no connection. */
  retry(): void {
    for (const jid of [...this.#asked]) if (!this.all.value.has(jid)) this.#asked.delete(jid);
    this.#queue = [];
    this.all.value = new Map(this.all.value);
  }

  /**
   * One's own. `picture` is base64 and its media type; null takes it away, undefined leaves
   * it as it is. Rejects where the server does not take it.
   */
  async publish(
    own: string,
    nickname: string,
    picture: { readonly type: string; readonly data: string } | null | undefined,
  ): Promise<void> {
    const before = await this.#agent.getVCard(own).catch(() => undefined);
    const kept = (before?.records ?? []).filter(
      ({ type }) => type !== 'nickname' && (type !== 'photo' || picture === undefined),
    );
    const photo = picture && { type: 'photo', mediaType: picture.type, data: picture.data };
    const records = [
      ...kept,
      ...(nickname === '' ? [] : [{ type: 'nickname', value: nickname }]),
      ...(photo ? [photo] : []),
    ] as Stanzas.VCardTempRecord[];
    const { fullName, name } = before ?? {};
    await this.#agent.publishVCard({
      ...(fullName && { fullName }),
      ...(name && { name }),
      records,
    });
    this.#ask(own);
  }

  #update(jid: string, hash: string): void {
    if (this.#hashes.get(jid) === hash) return;
    this.#hashes.set(jid, hash);
    this.#ask(jid);
  }

  #ask(jid: string): void {
    this.#asked.add(jid);
    if (this.#queue.includes(jid)) return;
    this.#queue.push(jid);
    queueMicrotask(() => this.#next());
  }

  #next(): void {
    const jid = this.#asking < MAX_ASKING ? this.#queue.shift() : undefined;
    if (jid === undefined) return;
    this.#asking += 1;
    const done = (): void => {
      this.#asking -= 1;
      this.#next();
    };
    this.#agent.getVCard(jid).then(
      (card) => {
        this.#put(jid, card);
        done();
      },
      (error: Partial<Stanzas.IQ>) => {
        // Nobody's card, or none: there is nothing to show.
        if ((error.error?.condition as string) !== 'timeout') this.#put(jid, {});
        done();
      },
    );
  }

  #put(jid: string, card: Stanzas.VCardTemp | undefined): void {
    const before = this.all.value.get(jid)?.picture;
    if (before) URL.revokeObjectURL(before);
    this.all.value = new Map(this.all.value).set(jid, readCard(card ?? {}));
  }
}

function readCard({ records = [], fullName = '' }: Stanzas.VCardTemp): Card {
  const nickname = records.find((record) => record.type === 'nickname');
  const photo = records.find((record) => record.type === 'photo');
  const written = photo && 'data' in photo ? (photo.data as unknown) : undefined;
  const picture = typeof written === 'string' ? readPicture(written) : null;
  const name = nickname && 'value' in nickname ? String(nickname.value) : fullName;
  return {
    nickname: name.trim().slice(0, MAX_NICKNAME),
    picture: picture && URL.createObjectURL(new Blob([picture.bytes], { type: picture.type })),
  };
}
