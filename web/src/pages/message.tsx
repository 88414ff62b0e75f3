import { fileOf, type SharedFile } from '../chat/files.ts';
import { splitLinks } from '../chat/links.ts';
import type { Delivery, Entry } from '../chat/timeline.ts';
import { Icon, type IconName } from '../parts/icons.tsx';
import { Menu } from '../parts/menu.tsx';
import { timeOfDay } from '../parts/times.ts';
import { text } from '../text.ts';
import { mayBeEdited } from './composer.tsx';

interface Props {
  readonly entry: Entry;
  /** Whether it stands close to the one above. */
  readonly isFollowing: boolean;
  readonly name: string;
  onEdit(): void;
  onRetract(): void;
  onSendAgain(): void;
}

const ICONS: Record<Delivery, IconName> = {
  sending: 'sending',
  sent: 'sent',
  received: 'received',
  displayed: 'received',
  failed: 'failed',
};

/** One message: who, what, when, and how far it has come. */
export function Message({ entry, isFollowing, name, onEdit, onRetract, onSendAgain }: Props) {
  const { isOwn, isRetracted, isCorrected, time, delivery, archiveId } = entry;
  const kind = `message ${isOwn ? 'own' : 'peer'}${isFollowing ? ' following' : ''}`;
  return (
    <li class={kind} tabIndex={-1} data-archive-id={archiveId ?? undefined}>
      <div class={`bubble${isRetracted ? ' retracted' : ''}`}>
        <span class="only-heard">{isOwn ? text.you : name}: </span>
        <Content entry={entry} />
        <span class="meta">
          {isCorrected && <span>{text.edited}</span>}
          <time dateTime={new Date(time).toISOString()}>{timeOfDay(time)}</time>
          {isOwn && !isRetracted && (
            <span class={`delivery delivery-${delivery}`} title={text.delivery[delivery]}>
              <Icon name={ICONS[delivery]} />
              <span class="only-heard">{text.delivery[delivery]}</span>
            </span>
          )}
        </span>
        {delivery === 'failed' && !isRetracted && (
          <button type="button" class="link" onClick={onSendAgain}>
            {text.sendAgain}
          </button>
        )}
      </div>
      {isOwn && !isRetracted && entry.id !== '' && (
        <Menu
          label={text.messageActions}
          isPassed
          items={[
            ...(mayBeEdited(entry)
              ? [{ icon: 'edit' as const, label: text.edit, choose: onEdit }]
              : []),
            { icon: 'remove', label: text.retract, isDangerous: true, choose: onRetract },
          ]}
        />
      )}
    </li>
  );
}

function Content({ entry: { body, file, isRetracted } }: { readonly entry: Entry }) {
  if (isRetracted) return <em>{text.retracted}</em>;
  const shared = file === null ? null : fileOf(file, window.location.origin);
  return shared ? <File file={shared} /> : <Text body={body} />;
}

/** Only ever text; addresses in it can be followed. */
function Text({ body }: { readonly body: string }) {
  return (
    <span class="text">
      {splitLinks(body).map((piece, index) =>
        piece.kind === 'text' ? (
          piece.text
        ) : (
          <a key={index} href={piece.url} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ),
      )}
    </span>
  );
}

function File({ file: { url, name, kind } }: { readonly file: SharedFile }) {
  if (kind === 'image') {
    return (
      <a class="picture" href={url} target="_blank" rel="noopener noreferrer nofollow">
        <img src={url} alt={text.pictureNamed(name)} loading="lazy" />
      </a>
    );
  }
  return (
    <span class="file">
      {/* biome-ignore lint/a11y/useMediaCaption: what people send each other has none */}
      {kind === 'video' && <video src={url} controls preload="metadata" aria-label={name} />}
      {/* biome-ignore lint/a11y/useMediaCaption: what people send each other has none */}
      {kind === 'audio' && <audio src={url} controls preload="metadata" aria-label={name} />}
      <a href={url} target="_blank" rel="noopener noreferrer nofollow">
        <Icon name="file" />
        <span class="only-heard">{text.file}: </span>
        {name}
      </a>
    </span>
  );
}
