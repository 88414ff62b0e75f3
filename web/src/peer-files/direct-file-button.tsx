import { useRef } from 'preact/hooks';
import type { PeerFiles } from './peer-files.ts';
import { words } from './text.ts';

type Props = { readonly peerFiles: PeerFiles; readonly peer: string; readonly name: string };

/** Sends a file from this browser to another, where the contact's client understands that. */
export function DirectFileButton({ peerFiles, peer, name }: Props) {
  const picker = useRef<HTMLInputElement>(null);
  if (peerFiles.deviceOf(peer) === undefined) return null;
  return (
    <>
      <button
        type="button"
        class="round"
        aria-label={words.sendDirectly(name)}
        title={words.sendDirectly(name)}
        onClick={() => picker.current?.click()}
      >
        <svg class="peer-file-icon" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 17l13-13M9 4h8v8M4 21h16" />
        </svg>
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        multiple
        data-for={words.sendDirectly(name)}
        onChange={({ currentTarget }) => {
          for (const file of currentTarget.files ?? []) peerFiles.send(peer, file);
          currentTarget.value = '';
        }}
      />
    </>
  );
}
