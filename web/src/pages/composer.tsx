import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../chat/conversation.ts';
import type { Entry } from '../chat/timeline.ts';
import { Icon } from '../parts/icons.tsx';
import { text } from '../text.ts';

interface Props {
  readonly conversation: Conversation;
  readonly name: string;
  /** The message that is being corrected. */
  readonly edited: Signal<Entry | null>;
  onFiles(files: Iterable<File>): void;
}

/** Where messages are written: Enter sends, Shift and Enter begins a line, arrow up corrects. */
export function Composer({ conversation, name, edited, onFiles }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const { draft } = conversation;

  useEffect(() => {
    // On a phone that would bring up the keyboard.
    if (!window.matchMedia('(pointer: coarse)').matches) field.current?.focus();
  }, [conversation]);
  useEffect(() => {
    const element = field.current;
    if (!edited.value || !element) return;
    draft.value = edited.value.body;
    // At once, so that one writes on at its end.
    element.value = draft.value;
    element.setSelectionRange(element.value.length, element.value.length);
    element.focus();
  }, [edited.value]);
  useLayoutEffect(() => fitHeight(field.current), [draft.value]);

  const stopEditing = (): void => {
    edited.value = null;
    draft.value = '';
  };
  const send = (): void => {
    const body = draft.value.trim();
    if (body === '') return;
    const target = edited.value;
    if (!target) conversation.send(body);
    else if (body !== target.body) conversation.correct(target.id, body);
    stopEditing();
    field.current?.focus();
  };
  const editLast = (): boolean => {
    const last = conversation.entries.value.findLast(mayBeEdited);
    if (last) edited.value = last;
    return last !== undefined;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && edited.value) stopEditing();
    else if (event.key === 'ArrowUp' && draft.value === '' && editLast()) event.preventDefault();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {edited.value && (
        <p class="editing">
          <Icon name="edit" />
          {text.editing}
          <button type="button" class="round" aria-label={text.stopEditing} onClick={stopEditing}>
            <Icon name="close" />
          </button>
        </p>
      )}
      <button
        type="button"
        class="round"
        aria-label={text.attach}
        onClick={() => picker.current?.click()}
      >
        <Icon name="attach" />
      </button>
      <input
        ref={picker}
        type="file"
        class="only-heard"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      <textarea
        ref={field}
        rows={1}
        aria-label={text.message}
        placeholder={text.messageTo(name)}
        value={draft.value}
        onInput={({ currentTarget }) => {
          draft.value = currentTarget.value;
          conversation.composing(currentTarget.value === '');
        }}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          onFiles(files);
        }}
      />
      <button type="submit" class="round send" aria-label={text.send}>
        <Icon name="send" />
      </button>
    </form>
  );
}

/** Its own text, that has left and was not taken back. */
export function mayBeEdited({ isOwn, isRetracted, file, delivery, id }: Entry): boolean {
  return isOwn && !isRetracted && file === null && delivery !== 'failed' && id !== '';
}

/** As high as what is written, within what the style allows. */
function fitHeight(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
