import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Session } from '../chat/session.ts';
import { startNotices } from '../notices/notices.ts';
import { Mark } from '../parts/icons.tsx';
import { text } from '../text.ts';
import { Chat } from './chat.tsx';
import { Sidebar } from './sidebar.tsx';

/** Everything once somebody is signed in: who there is, and one conversation. */
export function Home({ session }: { readonly session: Session }) {
  const selected = session.selected.value;
  useBackButton(session);
  useEffect(() => startNotices(session, (peer) => openChat(session, peer)), [session]);
  if (session.connection.state.value === 'replaced') return <Replaced session={session} />;
  return (
    <div class={`home ${selected === null ? 'shows-list' : 'shows-chat'}`}>
      <Sidebar session={session} />
      {selected === null ? <NoChat /> : <Chat key={selected} session={session} peer={selected} />}
      <Announcer session={session} />
      {session.extensions.map((extension) => extension.overlay?.((jid) => session.nameOf(jid)))}
    </div>
  );
}

function NoChat() {
  return (
    <main class="no-chat">
      <Mark />
      <h2>{text.chooseConversation}</h2>
      <p>{text.chooseConversationHint}</p>
    </main>
  );
}

function Replaced({ session }: { readonly session: Session }) {
  return (
    <main class="notice">
      <Mark />
      <h1>{text.replacedTitle}</h1>
      <p role="status">{text.replaced}</p>
      <button type="button" class="primary" onClick={() => session.connection.reconnect()}>
        {text.useHere}
      </button>
    </main>
  );
}

/** Reads new messages to those who do not see them. */
function Announcer({ session }: { readonly session: Session }) {
  const said = useSignal('');
  const news = session.news.value;
  useEffect(() => {
    if (news) said.value = text.announced(session.nameOf(news.peer), news.body);
  }, [news]);
  return (
    <div class="only-heard" role="status" aria-live="polite">
      {said.value}
    </div>
  );
}

/** On a phone, back leads from a conversation to the list. */
function useBackButton(session: Session): void {
  useEffect(() => {
    const goBack = ({ state }: PopStateEvent) => {
      session.select((state as { peer?: string } | null)?.peer ?? null);
    };
    window.addEventListener('popstate', goBack);
    return () => window.removeEventListener('popstate', goBack);
  }, [session]);
}

/** Shows a conversation, and notes it for the way back. */
export function openChat(session: Session, peer: string): void {
  const { state } = window.history;
  if (session.selected.value === null) window.history.pushState({ peer }, '');
  else if ((state as { peer?: string } | null)?.peer !== peer) {
    window.history.replaceState({ peer }, '');
  }
  session.select(peer);
}

export function closeChat(session: Session): void {
  if (window.history.state) window.history.back();
  else session.select(null);
}
