import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Session } from '../chat/session.ts';
import { Dialog } from '../parts/dialog.tsx';
import { text } from '../text.ts';

interface Props {
  readonly session: Session;
  readonly jid: string;
  onClose(): void;
}

export function RenameContact({ session, jid, onClose }: Props) {
  const id = useId();
  const name = useSignal(session.contacts.all.value.get(jid)?.name ?? '');
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    await session.contacts.rename(jid, name.value.trim()).catch(() => {});
    onClose();
  };
  return (
    <Dialog title={text.renameTitle(session.nameOf(jid))} onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <div class="field">
          <label for={id}>{text.name}</label>
          <input
            id={id}
            autocomplete="off"
            value={name.value}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </div>
        <footer>
          <button type="button" onClick={onClose}>
            {text.cancel}
          </button>
          <button type="submit" class="primary">
            {text.save}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly hint: string;
  readonly action: string;
  act(): void;
  onClose(): void;
}

/** Asks once more before what cannot be undone. */
export function Confirm({ title, hint, action, act, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{hint}</p>
      <footer>
        <button type="button" onClick={onClose}>
          {text.cancel}
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            act();
            onClose();
          }}
        >
          {action}
        </button>
      </footer>
    </Dialog>
  );
}
