import { effect, signal } from '@preact/signals';
import type { Session } from '../chat/session.ts';
import { words } from './text.ts';

/** Where this browser remembers the choices. */
const IS_ON = 'epode.notices';
const SHOWS_TEXT = 'epode.notices-text';
/** A notice has room for no more. */
const MAX_CHARACTERS = 200;

/** Whether somebody wants to be told, by the desktop, of what comes while nobody looks. */
export const isOn = signal(localStorage.getItem(IS_ON) === 'true');
/** Whether notices say what was written. */
export const showsText = signal(localStorage.getItem(SHOWS_TEXT) === 'true');

/** Whether this browser has notices, and its owner has not turned them off for this page. */
export function canNotify(): boolean {
  return 'Notification' in window && Notification.permission !== 'denied';
}

/** Asks for the browser's permission; only ever called by a click. False where it is refused. */
export async function turnOn(): Promise<boolean> {
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') return false;
  remember(IS_ON, isOn, true);
  return true;
}

export function turnOff(): void {
  remember(IS_ON, isOn, false);
  remember(SHOWS_TEXT, showsText, false);
}

export function setShowsText(value: boolean): void {
  remember(SHOWS_TEXT, showsText, value);
}

/** Tells of messages and calls of a session, until what it returns is called. */
export function startNotices(session: Session, open: (peer: string) => void): () => void {
  const messages = effect(() => {
    const news = session.news.value;
    if (!news) return;
    const body = showsText.peek() ? news.body.slice(0, MAX_CHARACTERS) : words.message;
    tell(session.nameOf(news.peer), body, news.peer, () => open(news.peer));
  });
  const calls = effect(() => {
    for (const { ringing } of session.extensions) {
      const peer = ringing?.value;
      if (peer) tell(session.nameOf(peer), words.call, peer, () => open(peer));
    }
  });
  return () => {
    messages();
    calls();
  };
}

/** A newer one of the same peer takes the place of the one before. */
function tell(title: string, body: string, tag: string, open: () => void): void {
  if (!isOn.peek() || isLookedAt() || !canNotify()) return;
  const notice = show(title, { body, tag, icon: '/favicon.svg' });
  if (!notice) return;
  notice.onclick = () => {
    window.focus();
    open();
    notice.close();
  };
}

/** Null on phones whose browsers let service workers alone show any. */
function show(title: string, options: NotificationOptions): Notification | null {
  try {
    return new Notification(title, options);
  } catch {
    return null;
  }
}

function isLookedAt(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

function remember(key: string, choice: { value: boolean }, value: boolean): void {
  choice.value = value;
  if (value) localStorage.setItem(key, 'true');
  else localStorage.removeItem(key);
}
