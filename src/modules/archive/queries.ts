import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import type { Account } from '../../server/accounts.ts';
import type { AccountRequest } from '../../server/module.ts';
import type { ArchiveId, ArchivePage, ArchiveStore } from '../../storage/archive-port.ts';
import { StorageError } from '../../storage/ports.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { DataForm } from '../../xmpp/forms.ts';
import type { ArchiveIds } from './ids.ts';
import { NS_MAM } from './namespace.ts';
import { fitted, readPage } from './page.ts';
import { queryForm, readFilter } from './query-form.ts';
import { encodeFin, sendResults } from './results.ts';

/** The client's name for a query, which each of the results repeats. */
const MAX_QUERY_ID_LENGTH = 256;

/** The oldest and the newest message of an archive; null for an empty one. */
export type Bounds = { readonly first: ArchiveId; readonly last: ArchiveId } | null;

/**
 * What clients ask of their archive. A session asks one thing at a time, since what it sends
 * is answered in order, and one that does not read is disconnected: so no query of its own
 * has to be counted.
 */
export class Queries {
  readonly #archive: ArchiveStore;
  readonly #ids: ArchiveIds;
  readonly #limits: { readonly maxPage: number; readonly maxPageBytes: number };
  /** What may be asked for. */
  readonly form: DataForm;

  constructor(
    deps: { archive: ArchiveStore; ids: ArchiveIds },
    config: { readonly maxPage: number; readonly maxPageBytes: number; readonly search: boolean },
  ) {
    this.#archive = deps.archive;
    this.#ids = deps.ids;
    this.#limits = config;
    this.form = queryForm(config);
  }

  /** Sends what was found, and returns what the client is told behind it (XEP-0313 §4). */
  answer(request: AccountRequest): Maybe<Element> {
    return then(this.#ids.ready, () => this.#answer(request));
  }

  bounds({ owner }: Account): Maybe<Bounds> {
    return then(this.#ids.ready, () => unlessBusy(() => this.#archive.bounds(owner)));
  }

  /** How many messages there are, where that is cheap to know. */
  count({ owner }: Account): Maybe<number | null> {
    const page = { limit: 0, direction: 'forward', wantsCount: true } as const;
    return then(this.#archive.page(owner, { page }), ({ count }) => count);
  }

  #answer({ account, payload, session }: AccountRequest): Maybe<Element> {
    const findId = (written: string) => known(this.#ids.read(account, written));
    const queryId = queryIdOf(payload);
    const filter = readFilter(payload, this.form, findId);
    const page = readPage(payload, this.#limits.maxPage, findId);
    const isFlipped = payload.getChild('flip-page', NS_MAM) !== undefined;
    const read = unlessBusy(() => this.#archive.page(account.owner, { ...filter, page }));
    return then(read, (whole) => {
      const found = fitted(whereKnown(whole), page.direction, this.#limits.maxPageBytes);
      if (session) sendResults(session, this.#ids, { page: found, queryId, isFlipped });
      return encodeFin(account, this.#ids, found);
    });
  }
}

/** Nodes are of other archives (XEP-0442). */
function queryIdOf({ attrs }: Element): string {
  if (attrs.node !== undefined) throw new StanzaError('feature-not-implemented', 'no nodes here');
  const id: string = attrs.queryid ?? '';
  if (id.length <= MAX_QUERY_ID_LENGTH) return id;
  throw new StanzaError('bad-request', `queryid has more than ${MAX_QUERY_ID_LENGTH} characters`);
}

function known(id: ArchiveId | null): ArchiveId {
  if (id === null) throw notFound();
  return id;
}

/** XEP-0313 §4.1.3, §4.3.2. */
function whereKnown(page: ArchivePage): ArchivePage {
  if (page.unknown !== null) throw notFound();
  return page;
}

function notFound(): StanzaError {
  return new StanzaError('item-not-found', 'no such message in the archive');
}

/** The client may ask again where too many others wait. */
function unlessBusy<T>(read: () => Maybe<T>): Maybe<T> {
  try {
    const there = read();
    return isLater(there) ? there.catch(explain) : there;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): never {
  if (error instanceof StorageError && error.code === 'busy') {
    throw new StanzaError('resource-constraint', 'too many others ask');
  }
  throw error;
}
