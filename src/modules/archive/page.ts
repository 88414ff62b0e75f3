import type { ArchivePage, ArchiveQuery } from '../../storage/archive-port.ts';
import type { Element } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { NS_RSM, type PageRequest, pageRequest } from '../../xmpp/rsm.ts';
import type { FindId } from './query-form.ts';

type Page = ArchiveQuery['page'];

/**
 * Which page a query wants (XEP-0313 §4.3): the first one of `max` messages where it does
 * not say. Throws `StanzaError`: bad-request, and feature-not-implemented for a page by its
 * index, which would have to be counted to (XEP-0059 §2.6).
 */
export function readPage(query: Element, max: number, findId: FindId): Page {
  const wanted = readPageRequest(query);
  return {
    limit: Math.min(wanted.max ?? max, max),
    direction: wanted.before === undefined ? 'forward' : 'backward',
    wantsCount: true,
    ...(wanted.after && { after: findId(wanted.after) }),
    ...(wanted.before && { before: findId(wanted.before) }),
  };
}

/**
 * The page that a request names; whichever it likes where it does not say. Throws `StanzaError`:
 * bad-request, and feature-not-implemented for a page by its index (XEP-0059 §2.6).
 */
export function readPageRequest(request: Element): PageRequest {
  const set = request.getChild('set', NS_RSM);
  const wanted: PageRequest = set ? pageRequest.decode(set) : {};
  if (wanted.index === undefined) return wanted;
  throw new StanzaError('feature-not-implemented', 'pages go by id');
}

/**
 * As much of a page as has room in `maxBytes`, and one message at any rate:
 * what goes out at once must not fill the client's queue.
 */
export function fitted(page: ArchivePage, direction: Page['direction'], maxBytes: number) {
  const { messages } = page;
  const count = fittingCount(messages, direction, maxBytes);
  if (count === messages.length) return page;
  const left = messages.length - count;
  if (direction === 'forward') {
    return { ...page, messages: messages.slice(0, count), isComplete: false };
  }
  const index = page.index === null ? null : page.index + left;
  return { ...page, messages: messages.slice(left), index, isComplete: false };
}

function fittingCount(
  messages: ArchivePage['messages'],
  direction: Page['direction'],
  maxBytes: number,
): number {
  let length = 0;
  for (let count = 0; count < messages.length; count++) {
    const next = messages.at(direction === 'forward' ? count : -1 - count)!;
    length += Buffer.byteLength(next.stanza);
    if (count > 0 && length > maxBytes) return count;
  }
  return messages.length;
}
