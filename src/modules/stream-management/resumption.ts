import { type Maybe, then } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Host } from '../../server/host.ts';
import { Session } from '../../server/session.ts';
import type { SessionWire } from '../../stream/ports.ts';
import type { Element } from '../../xml/element.ts';
import { Jid } from '../../xmpp/jid.ts';
import { type ResumeRequest, readResume, refused, resumed } from './syntax.ts';

/** Sessions of one account that are gone, of which it is known how far they came. */
const MAX_REMEMBERED = 20;

/** By the ids of sessions that have ended: the `h` of what was handled, once that is on disk. */
const Ended = slot<Map<string, Maybe<number>>>('ended sessions');

/** What has come of a client's wish to go on with a session. */
export interface Resumption {
  readonly answer: Element;
  /** Null where it is refused. */
  readonly session: Session | null;
}

/**
 * Gives the client its session back (XEP-0198 §5). An id is worth something for its own
 * account only: others hear what they would of one that never was. Throws `StreamError`
 * for an `h` that is too high.
 */
export function resume(
  host: Host,
  username: string,
  element: Element,
  wire: SessionWire,
): Maybe<Resumption> {
  const request = readResume(element);
  if (!request) return { answer: refused('bad-request'), session: null };
  const owner = Jid.of(username, host.domain).toString();
  const session = host.directory
    .peek(owner)
    .find((each): each is Session => each instanceof Session && isCalled(each, request.id));
  if (!session) return refusal(host, owner, request.id);
  session.management?.check(request.h);
  return then(session.prepareToResume(), () => goOn(host, session, request, wire));
}

/** So that a client that comes too late learns what it need not send again. */
export function remember({ account, management }: Session): void {
  const id = management?.terms.id;
  if (!management || !id) return;
  const ended = account.kept(Ended, () => new Map());
  ended.set(
    id,
    then(management.recorded(), () => management.h),
  );
  const [oldest] = ended.keys();
  if (ended.size > MAX_REMEMBERED && oldest !== undefined) ended.delete(oldest);
}

function isCalled({ management }: Session, id: string): boolean {
  return management?.terms.id === id;
}

/** It may have ended meanwhile. */
function goOn(
  host: Host,
  session: Session,
  { id, h }: ResumeRequest,
  wire: SessionWire,
): Maybe<Resumption> {
  if (session.isEnded) return refusal(host, session.account.owner, id);
  session.resume(wire, h);
  return { answer: resumed(id, session.management!.h), session };
}

function refusal(host: Host, owner: string, id: string): Maybe<Resumption> {
  const ended = host.accounts.peek(Jid.parse(owner).local)?.get(Ended);
  const h = ended?.get(id) ?? host.notes.before(owner, id);
  return then(h, (h) => ({ answer: refused('item-not-found', h), session: null }));
}
