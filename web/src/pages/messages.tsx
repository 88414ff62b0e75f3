import { type Signal, useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../chat/conversation.ts';
import type { Session } from '../chat/session.ts';
import type { Entry } from '../chat/timeline.ts';
import { Icon } from '../parts/icons.tsx';
import { dayName, isSameDay } from '../parts/times.ts';
import { text } from '../text.ts';
import { Confirm } from './contact-dialogs.tsx';
import { Message } from './message.tsx';

interface Props {
  readonly session: Session;
  readonly conversation: Conversation;
  readonly name: string;
  readonly edited: Signal<Entry | null>;
}

/** Pixels from an edge that still count as being there. */
const NEAR = 120;
/** Messages of one side that follow each other within this time stand together; in ms. */
const TOGETHER = 5 * 60_000;

/** What was said, the newest below; scrolling up brings what is older. */
export function Messages({ session, conversation, name, edited }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useSignal(true);
  const retracted = useSignal<Entry | null>(null);
  const entries = conversation.entries.value;
  useScrolling(list, conversation, isAtEnd);
  useSought(list, session, conversation);
  const loadOlder = () => void conversation.loadOlder().catch(() => {});
  return (
    <div class="messages-pane">
      <div
        ref={list}
        class="messages"
        role="log"
        aria-live="off"
        aria-label={text.history(name)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and arrows reach its messages
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.value = scrollHeight - scrollTop - clientHeight < NEAR;
          if (scrollTop < NEAR) loadOlder();
        }}
        onKeyDown={moveAmongMessages}
      >
        <p class="history-edge" role="status">
          {conversation.isLoading.value && text.loadingHistory}
          {conversation.isComplete.value && text.beginning(name)}
        </p>
        <ol>
          {entries.map((entry, index) => (
            <Fragment key={entry.key}>
              {!isSameDay(entries[index - 1]?.time ?? 0, entry.time) && (
                <li class="day">
                  <span>{dayName(entry.time)}</span>
                </li>
              )}
              <Message
                entry={entry}
                isFollowing={follows(entry, entries[index - 1])}
                name={name}
                onEdit={() => {
                  edited.value = entry;
                }}
                onSendAgain={() => conversation.sendAgain(entry.id)}
                onRetract={() => {
                  retracted.value = entry;
                }}
              />
            </Fragment>
          ))}
        </ol>
      </div>
      {!isAtEnd.value && (
        <button
          type="button"
          class="round to-end"
          aria-label={text.newest}
          onClick={() => list.current?.scrollTo({ top: list.current.scrollHeight })}
        >
          <Icon name="down" />
        </button>
      )}
      {retracted.value && (
        <Confirm
          title={text.retractTitle}
          hint={text.retractHint}
          action={text.retract}
          act={() => retracted.value && conversation.retract(retracted.value.id)}
          onClose={() => {
            retracted.value = null;
          }}
        />
      )}
    </div>
  );
}

function follows(entry: Entry, before: Entry | undefined): boolean {
  return (
    before !== undefined &&
    before.isOwn === entry.isOwn &&
    entry.time - before.time < TOGETHER &&
    isSameDay(before.time, entry.time)
  );
}

/** Stays at the end while one is there, and where one is while older messages come in above. */
function useScrolling(
  list: { readonly current: HTMLDivElement | null },
  conversation: Conversation,
  isAtEnd: Signal<boolean>,
): void {
  const entries = conversation.entries.value;
  const before = useRef({ oldest: '', height: 0 });
  useLayoutEffect(() => {
    const element = list.current!;
    const oldest = entries[0]?.key ?? '';
    const hasGrownAbove = before.current.oldest !== '' && oldest !== before.current.oldest;
    const isOwnNew = entries.at(-1)?.delivery === 'sending';
    if (isAtEnd.peek() || isOwnNew) element.scrollTop = element.scrollHeight;
    else if (hasGrownAbove) element.scrollTop += element.scrollHeight - before.current.height;
    before.current = { oldest, height: element.scrollHeight };
    // What does not fill the place cannot be scrolled.
    if (element.scrollHeight <= element.clientHeight && !conversation.isComplete.peek()) {
      void conversation.loadOlder().catch(() => {});
    }
  }, [entries]);
  useEffect(() => {
    const element = list.current!;
    // Pictures come later than their messages, and a keyboard takes place away.
    const observer = new ResizeObserver(() => {
      if (isAtEnd.peek()) element.scrollTop = element.scrollHeight;
      before.current.height = element.scrollHeight;
    });
    observer.observe(element);
    observer.observe(element.querySelector('ol')!);
    return () => observer.disconnect();
  }, []);
}

/** Shows the message that a search has led to. */
function useSought(
  list: { readonly current: HTMLDivElement | null },
  session: Session,
  conversation: Conversation,
): void {
  const sought = session.sought.value;
  useEffect(() => {
    if (sought === null) return;
    session.sought.value = null;
    void conversation.reach(sought).then(() => {
      window.requestAnimationFrame(() => {
        const messages = list.current?.querySelectorAll<HTMLElement>('[data-archive-id]') ?? [];
        const found = [...messages].find(({ dataset }) => dataset.archiveId === sought);
        found?.scrollIntoView({ block: 'center' });
        found?.focus();
      });
    });
  }, [sought]);
}

/** Arrows go from message to message, Enter to what can be done with one. */
function moveAmongMessages(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const target = event.target as HTMLElement;
  if (target.closest('[role=menu]')) return;
  if (event.key === 'Enter' && target.matches('.message')) {
    target.querySelector<HTMLElement>('.menu button')?.click();
    event.preventDefault();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const messages = [...list.querySelectorAll<HTMLElement>('.message')];
  const at = messages.findIndex((message) => message.contains(document.activeElement));
  const next = at < 0 ? messages.at(-1) : messages[at + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
