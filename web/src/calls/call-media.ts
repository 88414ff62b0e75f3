import { signal } from '@preact/signals';
import { MUTE, UNMUTE } from './jingle.ts';
import { NoMedia, openMedia, openScreen } from './media.ts';
import type { Session } from './session.ts';

/** What is offered; the rest of what browsers can would only make the offer long. */
const CODECS: Readonly<Record<string, RegExp>> = {
  audio: /^audio\/(opus|G722|PCMU|PCMA)$/i,
  video: /^video\/(VP8|VP9|AV1|rtx)$|^video\/H264$/i,
};
/** Of H.264, the profile that everybody has. */
const H264_PROFILE = /packetization-mode=1;.*profile-level-id=42e01f/;

/** Our side of a call: microphone, camera and screen, and who of them is sent. */
export class CallMedia {
  /** What we are seen with; null for nothing. */
  readonly selfView = signal<MediaStream | null>(null);
  readonly isMicrophoneOn = signal(true);
  readonly isCameraOn = signal(false);
  readonly isSharing = signal(false);
  /** What the browser did not give, in words. */
  readonly trouble = signal('');
  /** What we send belongs together: the peer plays it in time. */
  readonly #stream = new MediaStream();
  #microphone: MediaStreamTrack | null = null;
  #camera: MediaStreamTrack | null = null;
  #screen: MediaStreamTrack | null = null;
  #session: Session | null = null;
  #isClosed = false;

  /** Opens microphone, and camera where it is wanted. @throws NoMedia */
  async open(video: boolean): Promise<void> {
    const stream = await openMedia({ audio: true, video });
    if (this.#isClosed) return stop(stream);
    this.#microphone = stream.getAudioTracks()[0] ?? null;
    this.#camera = stream.getVideoTracks()[0] ?? null;
    this.#show();
  }

  /** Sends by this session from now on: adds what we offer, or fills what was offered. */
  async attach(session: Session): Promise<void> {
    this.#session = session;
    const { connection } = session;
    if (session.role === 'initiator') {
      this.#add(this.#microphone ?? 'audio');
      if (this.#camera) this.#add(this.#camera);
      return;
    }
    for (const { sender, receiver } of connection.getTransceivers()) {
      sender.setStreams(this.#stream);
      await sender.replaceTrack(receiver.track.kind === 'audio' ? this.#microphone : this.#camera);
    }
  }

  /** Tells what is off from the beginning: XEP-0167 §7.1. */
  announce(): void {
    if (!this.isMicrophoneOn.value) this.#tell('audio', false);
    if (!this.#camera) this.#tell('video', false);
  }

  setMicrophone(isOn: boolean): void {
    if (this.#microphone) this.#microphone.enabled = isOn;
    this.isMicrophoneOn.value = isOn;
    this.#tell('audio', isOn);
  }

  /** Off means that nobody looks through it any more, the browser included. */
  async setCamera(isOn: boolean): Promise<void> {
    await this.#tried(async () => {
      const stream = isOn ? await openMedia({ audio: false, video: true }) : null;
      if (this.#isClosed) return stream && stop(stream);
      this.#camera?.stop();
      this.#camera = stream?.getVideoTracks()[0] ?? null;
      await this.#send();
    });
  }

  async setSharing(isOn: boolean): Promise<void> {
    await this.#tried(async () => {
      const stream = isOn ? await openScreen() : null;
      if (this.#isClosed) return stream && stop(stream);
      this.#screen?.stop();
      this.#screen = stream?.getVideoTracks()[0] ?? null;
      // The browser has a button of its own for the end of sharing.
      this.#screen?.addEventListener('ended', () => void this.setSharing(false));
      await this.#send();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const track of [this.#microphone, this.#camera, this.#screen]) track?.stop();
    this.selfView.value = null;
  }

  /** The screen goes before the camera; where there was no video yet, it is added. */
  async #send(): Promise<void> {
    const track = this.#screen ?? this.#camera;
    this.#show();
    const session = this.#session;
    if (session === null) return;
    const transceiver = session.connection
      .getTransceivers()
      .find(({ receiver, currentDirection, mid }) => {
        const isThere = mid === null || currentDirection !== 'stopped';
        return receiver.track.kind === 'video' && isThere;
      });
    if (transceiver) {
      await transceiver.sender.replaceTrack(track);
      this.#tell('video', track !== null);
    } else if (track) {
      this.#add(track);
      await session.addContents();
    }
  }

  #add(track: MediaStreamTrack | 'audio'): void {
    const init: RTCRtpTransceiverInit = { direction: 'sendrecv', streams: [this.#stream] };
    const transceiver = this.#session!.connection.addTransceiver(track, init);
    const { kind } = transceiver.receiver.track;
    const all = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const wanted = all.filter(({ mimeType, sdpFmtpLine = '' }) => {
      const isOther = !/h264/i.test(mimeType) || H264_PROFILE.test(sdpFmtpLine);
      return CODECS[kind]!.test(mimeType) && isOther;
    });
    transceiver.setCodecPreferences(wanted);
  }

  #tell(kind: 'audio' | 'video', isOn: boolean): void {
    const content = this.#session?.contentOf(kind);
    if (content) this.#session?.inform({ infoType: isOn ? UNMUTE : MUTE, ...content });
  }

  #show(): void {
    const track = this.#screen ?? this.#camera;
    this.isCameraOn.value = this.#camera !== null;
    this.isSharing.value = this.#screen !== null;
    this.selfView.value = track && new MediaStream([track]);
  }

  async #tried(step: () => Promise<unknown>): Promise<void> {
    try {
      this.trouble.value = '';
      await step();
    } catch (error) {
      if (!(error instanceof NoMedia)) throw error;
      this.trouble.value = error.message;
    }
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
