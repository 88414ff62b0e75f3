import { type Maybe, then } from '../../lib/maybe.ts';
import type { Account } from '../../server/accounts.ts';
import type { Incoming, Outgoing, Stored } from '../../server/flow.ts';
import type { ArchiveId, ArchiveStore } from '../../storage/archive-port.ts';
import { NO_TICKET, type Ticket } from '../../storage/ports.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import { displayedUpTo, isArchived, isNews } from './eligibility.ts';
import type { ArchiveIds } from './ids.ts';
import type { PreferenceMemory } from './preferences.ts';

/** What the sender's archive has, on its way to the recipient's, which shares the text. */
const Sent = new WeakMap<Stanza, { readonly id: ArchiveId; readonly ticket: Ticket }>();

/** In the walk of a message: it comes into the archives of both (XEP-0313 §6.1.1). */
export class Recorder {
  readonly #archive: ArchiveStore;
  readonly #ids: ArchiveIds;
  readonly #preferences: PreferenceMemory;

  constructor(deps: { archive: ArchiveStore; ids: ArchiveIds; preferences: PreferenceMemory }) {
    this.#archive = deps.archive;
    this.#ids = deps.ids;
    this.#preferences = deps.preferences;
  }

  /** Finds out all that storing has to know, so that it needs to wait for nothing. */
  foresee(account: Account | null, peer: Jid | null): Maybe<undefined> {
    if (!account || !peer) return undefined;
    return then(this.#ids.ready, () => this.#preferences.foresee(account, peer));
  }

  storeSent(stanza: Stanza, { account }: Outgoing): Stored | undefined {
    const peer = stanza.to;
    if (!peer) return undefined;
    const read = this.#markRead(stanza, account, peer);
    if (!isArchived(stanza) || !this.#preferences.wants(account, peer)) return read;
    const stored = this.#append(stanza, account, peer, isNews(stanza) ? 'read' : 'neither');
    Sent.set(stanza, stored);
    const ticket = Math.max(stored.ticket, read?.ticket ?? NO_TICKET);
    return { ticket, stanzaId: this.#ids.write(account, stored.id) };
  }

  /** What looks for its recipient once more, and what nobody is to get, is passed over. */
  storeReceived(stanza: Stanza, { account, plan, isRedelivery }: Incoming): Stored | undefined {
    const peer = stanza.from;
    const isTaken = plan?.kind === 'deliver' || plan?.kind === 'offline';
    if (!account || !peer || !isTaken || isRedelivery) return undefined;
    const sent = Sent.get(stanza);
    if (peer.bareString === account.owner) return sent && this.#found(account, sent);
    if (!isArchived(stanza) || !this.#preferences.wants(account, peer)) return undefined;
    const counts = isNews(stanza) ? 'unread' : 'neither';
    if (!sent) return this.#found(account, this.#append(stanza, account, peer, counts));
    const entry = { peer: peer.bareString, counts } as const;
    const ticket = this.#archive.share(account.owner, sent.id, entry);
    return this.#found(account, { id: sent.id, ticket });
  }

  #append(
    stanza: Stanza,
    { owner }: Account,
    peer: Jid,
    counts: 'read' | 'unread' | 'neither',
  ): { readonly id: ArchiveId; readonly ticket: Ticket } {
    return this.#archive.append(owner, {
      peer: peer.bareString,
      counts,
      stanza: stanza.toText(NS.client),
      reference: stanza.id,
      sender: stanza.from?.bareString ?? owner,
    });
  }

  #found(account: Account, { id, ticket }: { id: ArchiveId; ticket: Ticket }): Stored {
    return { ticket, stanzaId: this.#ids.write(account, id) };
  }

  /** The marker names a message of the other's (XEP-0333 §4.3). */
  #markRead(stanza: Stanza, { owner }: Account, { bareString: peer }: Jid): Stored | undefined {
    const reference = displayedUpTo(stanza);
    if (reference === null) return undefined;
    return { ticket: this.#archive.markRead(owner, { peer, sender: peer, reference }) };
  }
}
