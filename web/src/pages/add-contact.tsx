import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Session } from '../chat/session.ts';
import { Dialog } from '../parts/dialog.tsx';
import { text } from '../text.ts';
import { openChat } from './home.tsx';

interface Props {
  readonly session: Session;
  onClose(): void;
}

const ADDRESS = /^[^\s@/"&'<>:]+@[^\s@/]+$/u;

/** Asks somebody to be a contact. */
export function AddContact({ session, onClose }: Props) {
  const ids = [useId(), useId()];
  const address = useSignal('');
  const name = useSignal('');
  const problem = useSignal<string | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const jid = address.value.trim().toLowerCase();
    problem.value = problemOf(jid, session.jid);
    if (problem.value !== null) return;
    try {
      await session.contacts.add(jid, name.value.trim());
      onClose();
      openChat(session, jid);
    } catch {
      problem.value = text.addFailed;
    }
  };
  return (
    <Dialog title={text.addContact} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for={ids[0]}>{text.contactAddress}</label>
          <input
            id={ids[0]}
            required
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
            placeholder="name@example.org"
            value={address.value}
            onInput={({ currentTarget }) => {
              address.value = currentTarget.value;
            }}
          />
        </div>
        <div class="field">
          <label for={ids[1]}>{text.contactName}</label>
          <input
            id={ids[1]}
            autocomplete="off"
            value={name.value}
            onInput={({ currentTarget }) => {
              name.value = currentTarget.value;
            }}
          />
        </div>
        <p class="hint">{text.addHint}</p>
        {problem.value !== null && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {text.cancel}
          </button>
          <button type="submit" class="primary">
            {text.add}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function problemOf(jid: string, own: string): string | null {
  if (!ADDRESS.test(jid)) return text.badAddress;
  return jid === own ? text.ownAddress : null;
}
