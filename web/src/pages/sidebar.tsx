import { useSignal } from '@preact/signals';
import type { Conversation, Preview } from '../chat/conversation.ts';
import type { Session } from '../chat/session.ts';
import { Avatar } from '../parts/avatar.tsx';
import { Icon, Wordmark } from '../parts/icons.tsx';
import { Menu } from '../parts/menu.tsx';
import { shortTime } from '../parts/times.ts';
import { text } from '../text.ts';
import { AddContact } from './add-contact.tsx';
import { openChat } from './home.tsx';
import { Profile } from './profile.tsx';
import { SearchResults } from './search.tsx';

interface Props {
  readonly session: Session;
}

/** Who there is: requests, conversations, contacts; or what a search has found. */
export function Sidebar({ session }: Props) {
  const words = useSignal('');
  const dialog = useSignal<'add' | 'profile' | null>(null);
  const close = (): void => {
    dialog.value = null;
  };
  return (
    <aside class="sidebar">
      <header>
        <Wordmark />
        <button
          type="button"
          class="round"
          aria-label={text.addContact}
          onClick={() => {
            dialog.value = 'add';
          }}
        >
          <Icon name="add" />
        </button>
        <Menu
          label={text.more}
          items={[
            {
              icon: 'person',
              label: text.profile,
              choose: () => {
                dialog.value = 'profile';
              },
            },
            { icon: 'leave', label: text.signOut, choose: () => session.signOut() },
          ]}
        />
      </header>
      <ConnectionBar session={session} />
      <SearchField words={words} />
      <nav class="lists" aria-label={text.conversations}>
        {words.value.trim() === '' ? (
          <Lists
            session={session}
            onAdd={() => {
              dialog.value = 'add';
            }}
          />
        ) : (
          <SearchResults session={session} words={words.value.trim()} />
        )}
      </nav>
      <footer>
        <Avatar session={session} jid={session.jid} />
        <span class="who">
          <strong>{session.nameOf(session.jid)}</strong>
          <span>{session.jid}</span>
        </span>
      </footer>
      {dialog.value === 'add' && <AddContact session={session} onClose={close} />}
      {dialog.value === 'profile' && <Profile session={session} onClose={close} />}
    </aside>
  );
}

function ConnectionBar({ session: { connection } }: Props) {
  const state = connection.state.value;
  if (state === 'online') return null;
  return (
    <div class="bar" role="status">
      {state === 'waiting' ? text.waiting : text.connecting}
      {state === 'waiting' && (
        <button type="button" class="link" onClick={() => connection.reconnect()}>
          {text.reconnect}
        </button>
      )}
    </div>
  );
}

function SearchField({ words }: { readonly words: { value: string } }) {
  return (
    <search class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={text.searchHint}
        placeholder={text.search}
        value={words.value}
        onInput={({ currentTarget }) => {
          words.value = currentTarget.value;
        }}
        onKeyDown={({ key }) => {
          if (key === 'Escape') words.value = '';
        }}
      />
    </search>
  );
}

function Lists({ session, onAdd }: Props & { onAdd(): void }) {
  const conversations = [...session.conversations.value.values()]
    .filter(({ preview }) => preview.value !== null)
    .sort((one, other) => other.preview.value!.time - one.preview.value!.time);
  const talking = new Set(conversations.map(({ peer }) => peer));
  const contacts = [...session.contacts.all.value.keys()]
    .filter((jid) => !talking.has(jid))
    .sort((one, other) => session.nameOf(one).localeCompare(session.nameOf(other)));
  const requests = session.contacts.requests.value;
  if (conversations.length + contacts.length + requests.length === 0)
    return <Nobody onAdd={onAdd} />;
  return (
    <>
      {requests.length > 0 && <Requests session={session} requests={requests} />}
      {conversations.length > 0 && (
        <section>
          <h2 id="conversations">{text.conversations}</h2>
          <ul aria-labelledby="conversations">
            {conversations.map((conversation) => (
              <ConversationRow
                key={conversation.peer}
                session={session}
                conversation={conversation}
              />
            ))}
          </ul>
        </section>
      )}
      {contacts.length > 0 && (
        <section>
          <h2 id="contacts">{text.contacts}</h2>
          <ul aria-labelledby="contacts">
            {contacts.map((jid) => (
              <ContactRow key={jid} session={session} jid={jid} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Nobody({ onAdd }: { onAdd(): void }) {
  return (
    <div class="nobody">
      <strong>{text.nobody}</strong>
      <p>{text.nobodyHint}</p>
      <button type="button" onClick={onAdd}>
        {text.addFirst}
      </button>
    </div>
  );
}

function Requests({ session, requests }: Props & { readonly requests: readonly string[] }) {
  return (
    <section>
      <h2 id="requests">{text.requests}</h2>
      <ul aria-labelledby="requests">
        {requests.map((jid) => (
          <li key={jid} class="request">
            <Avatar session={session} jid={jid} />
            <span class="row-text">
              <strong>{session.nameOf(jid)}</strong>
              <span>{jid}</span>
            </span>
            <span class="answers">
              <button
                type="button"
                class="primary small"
                aria-label={text.acceptName(session.nameOf(jid))}
                onClick={() => session.contacts.accept(jid)}
              >
                {text.accept}
              </button>
              <button
                type="button"
                class="small"
                aria-label={text.declineName(session.nameOf(jid))}
                onClick={() => session.contacts.refuse(jid)}
              >
                {text.decline}
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ConversationRow({
  session,
  conversation,
}: Props & { readonly conversation: Conversation }) {
  const { peer, isTyping } = conversation;
  const preview = conversation.preview.value!;
  const unread = conversation.unread.value;
  return (
    <li>
      <button
        type="button"
        class="row"
        aria-current={session.selected.value === peer}
        onClick={() => openChat(session, peer)}
      >
        <Avatar session={session} jid={peer} show={session.contacts.availabilityOf(peer).show} />
        <span class="row-text">
          <strong>{session.nameOf(peer)}</strong>
          <span class={isTyping.value ? 'typing' : ''}>
            {isTyping.value ? text.typingShort : inShort(preview)}
          </span>
        </span>
        <span class="row-end">
          <time>{shortTime(preview.time)}</time>
          {unread > 0 && (
            <span class="count">
              <span aria-hidden="true">{unread > 99 ? '99+' : unread}</span>
              <span class="only-heard">{text.unreadCount(unread)}</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

function inShort({ body, isOwn, isFile, isRetracted }: Preview): string {
  const what = isRetracted ? text.retracted : isFile ? text.file : body;
  return isOwn ? `${text.you}: ${what}` : what;
}

/** Also what a search shows of people. */
export function ContactRow({ session, jid }: Props & { readonly jid: string }) {
  const { show, status } = session.contacts.availabilityOf(jid);
  const contact = session.contacts.all.value.get(jid);
  const isWaiting = contact?.isAsked && !contact.isSeen;
  return (
    <li>
      <button
        type="button"
        class="row"
        aria-current={session.selected.value === jid}
        onClick={() => openChat(session, jid)}
      >
        <Avatar session={session} jid={jid} show={show} />
        <span class="row-text">
          <strong>{session.nameOf(jid)}</strong>
          <span>{isWaiting ? text.asked : status || text.show[show]}</span>
        </span>
      </button>
    </li>
  );
}
