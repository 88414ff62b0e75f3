import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { text } from '../text.ts';
import { Icon } from './icons.tsx';

interface Props {
  readonly title: string;
  onClose(): void;
  readonly children: ComponentChildren;
}

/** A dialog that keeps the focus until it is closed; Escape closes it. */
export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const { activeElement: before } = document;
    dialog.current?.showModal();
    return () => {
      // What has been opened instead may have it already.
      const isTaken = document.activeElement && document.activeElement !== document.body;
      if (!isTaken && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="round" aria-label={text.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
