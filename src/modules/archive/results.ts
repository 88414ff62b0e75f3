import type { Account } from '../../server/accounts.ts';
import type { Session } from '../../server/session.ts';
import {
  type ArchivedMessage,
  type ArchiveId,
  type ArchivePage,
  timeOfId,
} from '../../storage/archive-port.ts';
import { Element } from '../../xml/element.ts';
import type { FrameChild } from '../../xml/frame.ts';
import { escapeAttribute } from '../../xml/text.ts';
import { formatDateTime } from '../../xmpp/date-time.ts';
import { forwardText } from '../../xmpp/forwarded.ts';
import { pageInfo } from '../../xmpp/rsm.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import type { ArchiveIds } from './ids.ts';
import { NS_MAM } from './namespace.ts';

/** What of an archive somebody gets to see. */
export interface Answer {
  readonly page: ArchivePage;
  /** The client's name for its query; '' for none. */
  readonly queryId: string;
  /** Whether the newest message comes first (XEP-0313 §4.3.4). */
  readonly isFlipped: boolean;
}

/** Sends what was found straight to the session: it passes no flow, and nobody copies it. */
export function sendResults(session: Session, ids: ArchiveIds, answer: Answer): void {
  const { page, queryId, isFlipped } = answer;
  const messages = isFlipped ? page.messages.toReversed() : page.messages;
  for (const message of messages) session.deliver(resultOf(message, session, ids, queryId));
}

/** XEP-0313 §4.2. */
function resultOf(
  { id, stanza }: ArchivedMessage,
  { account, jid }: Session,
  ids: ArchiveIds,
  queryId: string,
): Stanza {
  const name = queryId === '' ? '' : ` queryid='${escapeAttribute(queryId)}'`;
  const attributes = `${name} id='${ids.write(account, id)}'`;
  const wrapper = { name: 'result', xmlns: NS_MAM, attributes };
  return forwardText(stanza, timeOfId(id), wrapper).stamped(account.jid, jid);
}

/** What the client is told behind the results; `first` and `last` go by time, flipped or not. */
export function encodeFin(account: Account, ids: ArchiveIds, page: ArchivePage): Element {
  const { messages, isComplete, count, index } = page;
  const [first, last] = [messages.at(0), messages.at(-1)];
  const fin = new Element('fin', { xmlns: NS_MAM });
  if (isComplete) fin.attrs.complete = 'true';
  fin.cnode(
    pageInfo.encode({
      first: first && { id: ids.write(account, first.id), ...(index !== null && { index }) },
      last: last && ids.write(account, last.id),
      count: count ?? undefined,
    }),
  );
  return fin;
}

/** XEP-0313 §5; null for an empty archive. */
export function encodeMetadata(
  account: Account,
  ids: ArchiveIds,
  bounds: { readonly first: ArchiveId; readonly last: ArchiveId } | null,
): Element {
  const metadata = new Element('metadata', { xmlns: NS_MAM });
  if (!bounds) return metadata;
  const describe = (id: ArchiveId) => ({
    id: ids.write(account, id),
    timestamp: formatDateTime(timeOfId(id)),
  });
  metadata.c('start', describe(bounds.first));
  metadata.c('end', describe(bounds.last));
  return metadata;
}

/** Whether a message's child claims to be out of an archive. */
export function isResult({ name, xmlns }: FrameChild): boolean {
  return name === 'result' && xmlns === NS_MAM;
}
