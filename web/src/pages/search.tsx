import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Found } from '../chat/archive.ts';
import type { Session } from '../chat/session.ts';
import type { Arrival } from '../chat/timeline.ts';
import { Avatar } from '../parts/avatar.tsx';
import { shortTime } from '../parts/times.ts';
import { text } from '../text.ts';
import { openChat } from './home.tsx';
import { ContactRow } from './sidebar.tsx';

/** Milliseconds without another letter before the server is asked. */
const PATIENCE = 250;

interface Props {
  readonly session: Session;
  readonly words: string;
}

/** People by name or address, and messages by their words. */
export function SearchResults({ session, words }: Props) {
  const found = useSignal<readonly Found[] | null>(null);
  useEffect(() => {
    found.value = null;
    let isCurrent = true;
    const timer = window.setTimeout(async () => {
      const messages = await session.archive.search(asPrefix(words)).catch(() => []);
      if (isCurrent) found.value = messages;
    }, PATIENCE);
    return () => {
      isCurrent = false;
      window.clearTimeout(timer);
    };
  }, [session, words]);
  const people = peopleFor(session, words);
  return (
    <>
      {people.length > 0 && (
        <section>
          <h2 id="people">{text.people}</h2>
          <ul aria-labelledby="people">
            {people.map((jid) => (
              <ContactRow key={jid} session={session} jid={jid} />
            ))}
          </ul>
        </section>
      )}
      <section>
        <h2 id="messages">{text.messages}</h2>
        {found.value === null ? (
          <p class="hint" role="status">
            {text.searching}
          </p>
        ) : (
          <Messages session={session} found={found.value} />
        )}
      </section>
    </>
  );
}

function Messages({ session, found }: { session: Session; found: readonly Found[] }) {
  const messages = found.flatMap(({ incoming: { peer, happenings } }) =>
    happenings.flatMap((each) => (each.kind === 'message' ? [{ peer, ...each.arrival }] : [])),
  );
  if (messages.length === 0) {
    return (
      <p class="hint" role="status">
        {text.nothingFound}
      </p>
    );
  }
  return (
    <ul aria-labelledby="messages">
      {messages.map((message) => (
        <MessageRow key={message.archiveId} session={session} message={message} />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly session: Session;
  readonly message: Arrival & { readonly peer: string };
}

function MessageRow({ session, message }: RowProps) {
  const { peer, archiveId, body, isOwn, time } = message;
  const show = (): void => {
    openChat(session, peer);
    session.sought.value = archiveId;
  };
  return (
    <li>
      <button type="button" class="row" onClick={show}>
        <Avatar session={session} jid={peer} />
        <span class="row-text">
          <strong>{session.nameOf(peer)}</strong>
          <span>{isOwn ? `${text.you}: ${body}` : body}</span>
        </span>
        <span class="row-end">
          <time>{shortTime(time)}</time>
        </span>
      </button>
    </li>
  );
}

function peopleFor(session: Session, words: string): string[] {
  const wanted = words.toLocaleLowerCase();
  return [...session.contacts.all.value.keys()].filter((jid) =>
    [session.nameOf(jid), jid].some((name) => name.toLocaleLowerCase().includes(wanted)),
  );
}

/** Whoever is still writing the last word wants all that begin so. */
function asPrefix(words: string): string {
  return /["*]$/.test(words) ? words : `${words}*`;
}
