import { signal } from '@preact/signals';
import { Platform } from 'stanza';
import type { Info, Jingle, Reason, Role } from '../calls/jingle.ts';
import { Session } from '../calls/session.ts';
import { Collector, hashOf, isSame, sendInChunks } from './chunks.ts';
import { applicationOf, type FileOffer, MAX_SIZE, RECEIVED } from './file-offer.ts';

export type TransferState =
  | 'offered'
  | 'waiting'
  | 'connecting'
  | 'running'
  | 'done'
  | 'declined'
  | 'cancelled'
  | 'corrupt'
  | 'tooLarge'
  | 'failed';

/** What a transfer needs of the page. */
export type TransferHost = {
  readonly self: string;
  configuration(): Promise<RTCConfiguration>;
  send(to: string, jingle: Jingle): Promise<void>;
  began(session: Session): void;
  ended(session: Session): void;
};

/** How long a connection may take, and an offer may stand, in milliseconds. */
const CONNECT_MS = 30_000;
const OFFER_MS = 10 * 60_000;

/** One file from one browser to another: XEP-0234 over XEP-0343. */
export class Transfer {
  readonly id: string;
  /** Bare JID. */
  readonly peer: string;
  readonly isOurs: boolean;
  readonly offer: FileOffer;
  readonly state = signal<TransferState>('waiting');
  /** In hundredths. */
  readonly progress = signal(0);
  /** Where the received file can be saved from, once it is whole. */
  readonly url = signal('');
  readonly #host: TransferHost;
  readonly #session: Session;
  readonly #file: Blob | null;
  #timer = 0;

  private constructor(
    host: TransferHost,
    device: string,
    sid: string,
    offer: FileOffer,
    file: File | null,
  ) {
    this.#host = host;
    this.#file = file;
    this.id = sid;
    this.peer = device.split('/', 1)[0]!;
    this.isOurs = file !== null;
    this.offer = offer;
    const role: Role = file ? 'initiator' : 'responder';
    const setup = {
      ...{ sid, self: host.self, peer: device, role },
      send: (jingle: Jingle) => host.send(device, jingle),
    };
    this.#session = new Session(setup, {
      connectionChanged: (state) => this.#connectionChanged(state),
      channelOpened: (channel) => this.#receive(channel),
      informed: (info) => this.#informed(info),
      ended: (reason) => this.#ended(reason),
    });
    host.began(this.#session);
    this.#startTimer(OFFER_MS);
  }

  /** Offers a file to a device, by its full JID. */
  static send(host: TransferHost, device: string, file: File): Transfer {
    const offer = { name: file.name, size: file.size, hash: new Uint8Array() };
    const transfer = new Transfer(host, device, crypto.randomUUID(), offer, file);
    const isTooLarge = file.size > MAX_SIZE;
    if (isTooLarge) transfer.state.value = 'tooLarge';
    if (isTooLarge) transfer.#session.abandon('failed-application');
    else transfer.#begin().catch(() => transfer.#session.abandon('failed-application'));
    return transfer;
  }

  /** Takes an offer; nothing is sent and no address is told before `accept`. */
  static take(host: TransferHost, device: string, jingle: Jingle, offer: FileOffer): Transfer {
    const transfer = new Transfer(host, device, jingle.sid, offer, null);
    transfer.state.value = 'offered';
    const session = transfer.#session;
    session.application = applicationOf(offer, '');
    session.take(jingle).catch(() => session.terminate('incompatible-parameters'));
    return transfer;
  }

  get isOver(): boolean {
    return !['offered', 'waiting', 'connecting', 'running'].includes(this.state.value);
  }

  async accept(): Promise<void> {
    if (this.state.value !== 'offered') return;
    this.state.value = 'connecting';
    this.#startTimer(CONNECT_MS);
    this.#session.connection.setConfiguration(await this.#host.configuration());
    await this.#session.accept().catch(() => this.#session.terminate('failed-application'));
  }

  /** Declines, or cancels. */
  cancel(): void {
    if (this.isOver) return;
    const wasOffered = this.state.value === 'offered';
    this.state.value = wasOffered ? 'declined' : 'cancelled';
    this.#session.terminate(wasOffered ? 'decline' : 'cancel');
  }

  /** What was received may go from memory. */
  forget(): void {
    if (this.url.value !== '') URL.revokeObjectURL(this.url.value);
    this.url.value = '';
  }

  async #begin(): Promise<void> {
    const { connection } = this.#session;
    const channel = connection.createDataChannel('0');
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('open', () => {
      this.#run();
      sendInChunks(channel, this.#file!, (bytes) => this.#progressed(bytes)).catch(() =>
        this.#session.terminate('connectivity-error'),
      );
    });
    connection.setConfiguration(await this.#host.configuration());
    // The codecs of stanza write a checksum as its own kind of bytes.
    const hash = Platform.Buffer.from(await hashOf(this.#file!));
    this.#session.application = applicationOf({ ...this.offer, hash }, this.#file!.type);
    await this.#session.initiate();
  }

  #receive(channel: RTCDataChannel): void {
    if (this.isOurs || this.state.value === 'running') {
      channel.close();
      return;
    }
    channel.binaryType = 'arraybuffer';
    this.#run();
    const collector = new Collector(this.offer.size);
    channel.addEventListener('message', ({ data }) => {
      if (!(data instanceof ArrayBuffer) || !collector.add(data)) {
        this.#session.terminate('media-error');
        return;
      }
      this.#progressed(collector.bytes);
      if (collector.isComplete) void this.#verify(collector);
    });
    if (collector.isComplete) void this.#verify(collector);
  }

  /** XEP-0234 §8: says that all of it has arrived, and only if it is what was sent. */
  async #verify(collector: Collector): Promise<void> {
    const file = collector.toBlob();
    const isRight = isSame(await hashOf(file), this.offer.hash);
    if (this.isOver) return;
    this.state.value = isRight ? 'done' : 'corrupt';
    if (!isRight) return this.#session.terminate('media-error');
    this.url.value = URL.createObjectURL(file);
    this.#session.inform({ infoType: RECEIVED, creator: 'initiator', name: '0' });
    this.#session.terminate('success');
  }

  #run(): void {
    window.clearTimeout(this.#timer);
    this.state.value = 'running';
  }

  #progressed(bytes: number): void {
    this.progress.value = Math.floor((bytes * 100) / Math.max(this.offer.size, 1));
  }

  #connectionChanged(state: RTCPeerConnectionState): void {
    if (state === 'connecting' && this.state.value === 'waiting') this.state.value = 'connecting';
    if (state === 'failed') this.#session.terminate('connectivity-error');
  }

  #informed({ infoType }: Info): void {
    if (infoType === RECEIVED && this.isOurs && !this.isOver) this.state.value = 'done';
  }

  #ended(reason: Reason): void {
    window.clearTimeout(this.#timer);
    if (!this.isOver) this.state.value = stateAfter(reason, this.isOurs);
    this.#host.ended(this.#session);
  }

  #startTimer(ms: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#session.terminate('timeout'), ms);
  }
}

function stateAfter(reason: Reason, isOurs: boolean): TransferState {
  if (reason === 'success' && isOurs) return 'done';
  if (reason === 'decline') return 'declined';
  if (reason === 'cancel') return 'cancelled';
  return reason === 'media-error' ? 'corrupt' : 'failed';
}
