import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { Session } from '../chat/session.ts';
import { NoticeSetting } from '../notices/notice-setting.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { type SmallPicture, shrinkPicture } from '../parts/shrink-picture.ts';
import { text } from '../text.ts';

interface Props {
  readonly session: Session;
  onClose(): void;
}

/** One's own card: what others see of one. */
export function Profile({ session, onClose }: Props) {
  const id = useId();
  const card = session.cards.of(session.jid);
  const nickname = useSignal(card.nickname);
  /** Undefined leaves it as it is, null takes it away. */
  const picture = useSignal<SmallPicture | null | undefined>(undefined);
  const problem = useSignal<string | null>(null);
  const choose = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    problem.value = null;
    try {
      picture.value = await shrinkPicture(file);
    } catch {
      problem.value = text.pictureFailed;
    }
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await session.cards.publish(session.jid, nickname.value.trim(), picture.value);
      onClose();
    } catch {
      problem.value = text.profileFailed;
    }
  };
  const hasPicture = picture.value === undefined ? card.picture !== null : picture.value !== null;
  return (
    <Dialog title={text.profile} onClose={onClose}>
      <form onSubmit={(event) => void save(event)}>
        <div class="picture-field">
          {picture.value ? (
            <span class="avatar avatar-large">
              <img src={picture.value.preview} alt="" />
            </span>
          ) : (
            <Avatar session={session} jid={session.jid} isLarge />
          )}
          <label class="button">
            {text.choosePicture}
            <input
              type="file"
              class="only-heard"
              accept="image/*"
              onChange={({ currentTarget }) => void choose(currentTarget.files?.[0])}
            />
          </label>
          {hasPicture && (
            <button
              type="button"
              onClick={() => {
                picture.value = null;
              }}
            >
              {text.removePicture}
            </button>
          )}
        </div>
        <div class="field">
          <label for={id}>{text.nickname}</label>
          <input
            id={id}
            maxLength={80}
            autocomplete="nickname"
            value={nickname.value}
            onInput={({ currentTarget }) => {
              nickname.value = currentTarget.value;
            }}
          />
          <p class="hint">{text.nicknameHint}</p>
        </div>
        <NoticeSetting />
        {session.extensions.map((extension) => extension.settings?.())}
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
            {text.save}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
