import type { PeerFiles } from './peer-files.ts';
import './peer-files.css';
import { sizeText, words } from './text.ts';
import type { Transfer } from './transfer.ts';

/** The files that go, or went, directly between this page and one contact. */
export function PeerFileList({ peerFiles, peer }: { peerFiles: PeerFiles; peer: string }) {
  const transfers = peerFiles.transfers.value.filter((each) => each.peer === peer);
  if (transfers.length === 0) return null;
  return (
    <ul class="peer-files" aria-label={words.transfers}>
      {transfers.map((transfer) => (
        <li key={transfer.id}>
          <p role="status">{sentenceOf(transfer)}</p>
          {transfer.state.value === 'running' && (
            <progress max={100} value={transfer.progress.value} aria-label={transfer.offer.name} />
          )}
          <Actions peerFiles={peerFiles} transfer={transfer} />
        </li>
      ))}
    </ul>
  );
}

function Actions({ peerFiles, transfer }: { peerFiles: PeerFiles; transfer: Transfer }) {
  const isOffered = transfer.state.value === 'offered';
  const { name } = transfer.offer;
  if (transfer.isOver) {
    return (
      <span class="peer-file-actions">
        {transfer.url.value !== '' && (
          <a href={transfer.url.value} download={name}>
            {words.save}
          </a>
        )}
        <button type="button" onClick={() => peerFiles.dismiss(transfer)}>
          {words.close}
        </button>
      </span>
    );
  }
  return (
    <span class="peer-file-actions">
      {isOffered && (
        <button type="button" onClick={() => void transfer.accept()}>
          {words.accept}
        </button>
      )}
      <button type="button" onClick={() => transfer.cancel()}>
        {isOffered ? words.decline : words.cancel}
      </button>
    </span>
  );
}

function sentenceOf({ state, offer, isOurs }: Transfer): string {
  const { name, size } = offer;
  switch (state.value) {
    case 'offered':
      return words.offers(name, sizeText(size));
    case 'running':
      return isOurs ? words.sending(name) : words.receiving(name);
    case 'done':
      return isOurs ? words.sent(name) : words.received(name);
    default:
      return words[state.value](name);
  }
}
