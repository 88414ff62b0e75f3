import type { RosterItemRecord } from '../../storage/ports.ts';
import { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { makeStanza } from '../../xmpp/stanza.ts';
import { MAX_REQUEST_LENGTH, newItem } from '../roster/roster.ts';
import { attempt, LeftOutError } from './left-out.ts';
import { BOUNDS, type CheckedAccount } from './portable-account.ts';
import { readRequest } from './read-pieces.ts';

type Contact = CheckedAccount['roster'][number];
type Requests = ReadonlyMap<string, string>;

/**
 * The roster of the account `owner`, and who only asked to be in it. `now`, in
 * milliseconds since 1970, becomes the version of it all.
 */
export function readContacts(
  owner: Jid,
  { roster, requests }: CheckedAccount,
  now: number,
  leftOut: string[],
): readonly RosterItemRecord[] {
  const asked = readRequests(owner, requests, leftOut);
  const items = new Map<string, RosterItemRecord>();
  for (const contact of roster) {
    const item = attempt(leftOut, 'contact', () => readContact(owner, contact, asked, now));
    if (item) items.set(item.contact, item);
  }
  if (items.size > BOUNDS.contacts) leftOut.push(`contacts beyond ${BOUNDS.contacts}`);
  const strangers = [...asked.keys()].filter((contact) => !items.has(contact));
  const unlisted = strangers.map((contact) => ({
    ...newItem(contact),
    request: asked.get(contact)!,
  }));
  return [...[...items.values()].slice(0, BOUNDS.contacts), ...unlisted];
}

function readRequests(owner: Jid, texts: readonly string[], leftOut: string[]): Requests {
  const requests = new Map<string, string>();
  for (const text of texts) {
    const read = attempt(leftOut, 'subscription request', () => readRequest(owner, text));
    if (!read) continue;
    if (requests.size >= BOUNDS.requests && !requests.has(read.contact)) {
      leftOut.push(`subscription requests beyond ${BOUNDS.requests}`);
      break;
    }
    requests.set(read.contact, shortened(owner, read));
  }
  return requests;
}

function readContact(
  owner: Jid,
  from: Contact,
  asked: Requests,
  version: number,
): RosterItemRecord {
  const jid = Jid.parse(from.jid).bare;
  if (jid.equals(owner)) throw new LeftOutError('nobody is their own contact');
  const contact = jid.toString();
  const { subscription } = from;
  const seesUs = subscription === 'from' || subscription === 'both';
  const isSeen = subscription === 'to' || subscription === 'both';
  return {
    contact,
    name: from.name ? from.name.slice(0, BOUNDS.name) : null,
    subscription,
    // Who is let in asks no more, and nobody asks whom they see (RFC 6121 §A.1).
    isAsking: from.ask && !isSeen,
    isPreApproved: from.approved && !seesUs,
    groups: groupsOf(from),
    isListed: true,
    request: seesUs ? null : (asked.get(contact) ?? null),
    version,
  };
}

function groupsOf({ groups }: Contact): readonly string[] {
  const names = groups.map((name) => name.slice(0, BOUNDS.name)).filter((name) => name !== '');
  return [...new Set(names)].slice(0, BOUNDS.groups);
}

/** A long request is kept without its content. */
function shortened(owner: Jid, { contact, request }: { contact: string; request: string }): string {
  if (request.length <= MAX_REQUEST_LENGTH) return request;
  const stanza = makeStanza('presence', { type: 'subscribe', from: Jid.parse(contact), to: owner });
  return stanza.toText(NS.client);
}
