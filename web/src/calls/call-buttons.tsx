import type { Calls } from './calls.ts';
import { AudioIcon, VideoIcon } from './icons.tsx';
import { words } from './text.ts';

/** The buttons that call somebody, for the header of a chat. */
export function CallButtons({ calls, peer, name }: { calls: Calls; peer: string; name: string }) {
  if (!calls.canCall) return null;
  const isBusy = calls.current.value !== null && calls.current.value.end.value === null;
  return (
    <span class="call-buttons">
      <button
        type="button"
        class="round"
        disabled={isBusy}
        title={words.call(name)}
        aria-label={words.call(name)}
        onClick={() => void calls.start(peer, false)}
      >
        <AudioIcon />
      </button>
      <button
        type="button"
        class="round"
        disabled={isBusy}
        title={words.videoCall(name)}
        aria-label={words.videoCall(name)}
        onClick={() => void calls.start(peer, true)}
      >
        <VideoIcon />
      </button>
    </span>
  );
}
