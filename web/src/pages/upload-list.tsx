import { formatSize } from '../chat/files.ts';
import type { Session } from '../chat/session.ts';
import { Icon } from '../parts/icons.tsx';
import { text } from '../text.ts';

/** Files on their way, and those that did not get there. */
export function UploadList({
  session,
  peer,
}: {
  readonly session: Session;
  readonly peer: string;
}) {
  const uploads = session.uploads.all.value.filter((upload) => upload.peer === peer);
  if (uploads.length === 0) return null;
  return (
    <ul class="uploads">
      {uploads.map(({ id, name, size, sent, failure }) => (
        <li key={id}>
          <Icon name={failure ? 'failed' : 'file'} />
          <span class="upload-name">
            {name} <span class="hint">{formatSize(size)}</span>
          </span>
          {failure ? (
            <span class="problem" role="alert">
              {text.upload[failure]}
            </span>
          ) : (
            <progress aria-label={text.uploading(name)} max={size || 1} value={sent} />
          )}
          <button
            type="button"
            class="round"
            aria-label={failure ? text.dismissUpload(name) : text.cancelUpload(name)}
            onClick={() => session.uploads.remove(id)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}
