import { signal } from '@preact/signals';
import { CallMedia } from './call-media.ts';
import { type Invitation, type InvitationMessage, received, type Sender } from './invitation.ts';
import { type Info, type Jingle, MUTE, type Reason, RINGING, type Role, UNMUTE } from './jingle.ts';
import { isAllowed, NoMedia } from './media.ts';
import { mediaOf, Session } from './session.ts';
import type { CallEnd } from './text.ts';

export type CallPhase =
  | 'asking'
  | 'calling'
  | 'ringing'
  | 'incoming'
  | 'connecting'
  | 'active'
  | 'over';

/** What a call needs of the page. */
export type CallHost = {
  /** Our full JID. */
  readonly self: string;
  configuration(): Promise<RTCConfiguration>;
  send(to: string, jingle: Jingle): Promise<void>;
  /** Sends a message about an invitation: XEP-0353 §3. */
  tell(to: string, message: InvitationMessage): void;
  began(session: Session): void;
  ended(call: Call, session: Session | null): void;
};

/** How long somebody may let it ring, and how long a connection may take, in milliseconds. */
const RING_MS = 60_000;
const CONNECT_MS = 30_000;

/** One call with one person, from the first ring to the end. */
export class Call {
  readonly id: string;
  readonly peer: string;
  readonly isOurs: boolean;
  /** Whether it was begun with video. */
  readonly isVideo: boolean;
  readonly phase = signal<CallPhase>('asking');
  readonly media = new CallMedia();
  readonly remote = new MediaStream();
  readonly hasRemoteVideo = signal(false);
  readonly isPeerMuted = signal(false);
  /** In milliseconds since 1970; 0 before. */
  readonly startedAt = signal(0);
  readonly end = signal<CallEnd | null>(null);
  readonly #host: CallHost;
  readonly #configuration: Promise<RTCConfiguration>;
  #invitation: Invitation;
  #session: Session | null = null;
  /** Whether our devices can be used. */
  #opened: Promise<boolean> = Promise.resolve(false);
  #timer = 0;

  constructor(host: CallHost, invitation: Invitation) {
    this.#host = host;
    this.#invitation = invitation;
    this.id = invitation.id;
    this.peer = invitation.peer;
    this.isOurs = invitation.isOurs;
    this.isVideo = invitation.media.includes('video');
    // Asked for now, so that nobody waits for it later.
    this.#configuration = host.configuration();
    if (!invitation.isOurs) this.phase.value = 'incoming';
  }

  /** Rings at the peer's; without a microphone there is no call. */
  async begin(): Promise<void> {
    if (!(await this.#open(this.isVideo))) return;
    this.phase.value = 'calling';
    this.#host.tell(this.peer, { step: 'propose', id: this.id, media: this.#invitation.media });
    this.#startTimer(RING_MS, () => {
      this.#host.tell(this.peer, { step: 'retract', id: this.id, reason: 'timeout' });
      this.#finish('unanswered');
    });
  }

  /** Rings here; `offer` is there where the peer has begun without asking: XEP-0166 alone. */
  ring(offer: Jingle | null): void {
    this.#startTimer(RING_MS, () => this.#finish('cancelled'));
    if (offer === null) return;
    this.#openSession('responder')
      .take(offer)
      .then(
        () => this.#session?.inform({ infoType: RINGING }),
        () => this.#fail('incompatible-parameters'),
      );
  }

  async answer(withVideo: boolean): Promise<void> {
    const { device } = this.#invitation;
    if (this.phase.value !== 'incoming' || device === undefined) return;
    this.phase.value = 'asking';
    this.#opened = this.#open(withVideo);
    // Where nobody has to be asked first, the caller need not wait for the devices.
    if (!(await isAllowed(withVideo)) && !(await this.#opened)) return;
    if (this.end.value !== null) return;
    this.#invitation = { ...this.#invitation, phase: 'proceeded' };
    this.phase.value = 'connecting';
    this.#startTimer(CONNECT_MS, () => this.#fail('timeout'));
    if (this.#session) return await this.#accept(this.#session);
    // The versions before 0.4 tell our other devices in a message of its own.
    this.#host.tell(bareOf(this.#host.self), { step: 'accept', id: this.id });
    this.#host.tell(device, { step: 'proceed', id: this.id });
    if (!(await this.#opened)) this.#fail('media-error');
  }

  /** Hangs up, declines, or takes the call back: whatever ends it now. */
  hangUp(): void {
    const { phase, isOurs, device } = this.#invitation;
    if (this.end.value !== null) return;
    const wasIncoming = this.phase.value === 'incoming';
    if (this.#session) {
      this.#session.terminate(wasIncoming ? 'decline' : 'success');
      return;
    }
    if (isOurs && phase !== 'proceeded') {
      this.#host.tell(this.peer, { step: 'retract', id: this.id, reason: 'cancel' });
    } else if (!isOurs && device) {
      const step = phase === 'proceeded' ? 'finish' : 'reject';
      for (const to of step === 'reject' ? [device, bareOf(this.#host.self)] : [device]) {
        this.#host.tell(to, { step, id: this.id, reason: 'decline' });
      }
    }
    this.#finish('hung-up');
  }

  /** Takes a message about this call. */
  received(message: InvitationMessage, sender: Sender): void {
    const before = this.#invitation;
    this.#invitation = received(before, message, sender);
    const { phase, end, device } = this.#invitation;
    if (phase === before.phase) return;
    if (phase === 'over' && !this.#session) this.#finish(end ?? 'cancelled');
    if (phase === 'ringing') this.phase.value = 'ringing';
    if (phase === 'proceeded' && device) {
      this.#initiate().catch(() => this.#fail('failed-application'));
    }
  }

  /** Whether this is the session that belongs to the call; takes it then. */
  takes(offer: Jingle, from: string): boolean {
    const { phase, device, isOurs } = this.#invitation;
    const isMine = offer.sid === this.id && from === device && !isOurs;
    if (!isMine || phase !== 'proceeded' || this.#session) return false;
    const session = this.#openSession('responder');
    session
      .take(offer)
      .then(() => this.#accept(session))
      .catch(() => this.#fail('incompatible-parameters'));
    return true;
  }

  /** The peer's device is gone; what still flows between us may go on. */
  left(device: string): void {
    const isConnected = this.#session?.connection.connectionState === 'connected';
    if (this.#invitation.device !== device || isConnected) return;
    if (this.#session) this.#session.abandon('gone');
    else if (this.phase.value === 'incoming') this.#finish('cancelled');
  }

  async #initiate(): Promise<void> {
    this.phase.value = 'connecting';
    this.#startTimer(CONNECT_MS, () => this.#fail('timeout'));
    const session = this.#openSession('initiator');
    await this.media.attach(session);
    session.connection.setConfiguration(await this.#configuration);
    await session.initiate();
    this.media.announce();
  }

  async #accept(session: Session): Promise<void> {
    if (!(await this.#opened)) {
      this.#fail('media-error');
      return;
    }
    await this.media.attach(session);
    session.connection.setConfiguration(await this.#configuration);
    await session.accept();
    this.media.announce();
  }

  #openSession(role: Role): Session {
    const peer = this.#invitation.device!;
    const setup = {
      ...{ sid: this.id, self: this.#host.self, peer, role },
      send: (jingle: Jingle) => this.#host.send(peer, jingle),
    };
    const session = new Session(setup, {
      connectionChanged: (state) => this.#connectionChanged(state),
      trackAdded: ({ track }) => this.#show(track),
      informed: (info) => this.#informed(info),
      ended: (reason) => this.#sessionEnded(reason),
    });
    this.#session = session;
    this.#host.began(session);
    return session;
  }

  #connectionChanged(state: RTCPeerConnectionState): void {
    if (state === 'failed') this.#lost();
    if (state !== 'connected' || this.phase.value === 'active') return;
    window.clearTimeout(this.#timer);
    if (this.startedAt.value === 0) this.startedAt.value = Date.now();
    this.phase.value = 'active';
  }

  /** Where the call was on, who has called looks for another way: both at once would cross. */
  #lost(): void {
    const fail = () => this.#fail('connectivity-error');
    if (this.phase.value !== 'active') {
      fail();
      return;
    }
    this.phase.value = 'connecting';
    this.#startTimer(CONNECT_MS, fail);
    if (this.#session?.role === 'initiator') this.#reconnect(this.#session).catch(fail);
  }

  /** Credentials for a relay may have ended meanwhile. */
  async #reconnect(session: Session): Promise<void> {
    session.connection.setConfiguration(await this.#host.configuration());
    await session.restart();
  }

  #show(track: MediaStreamTrack): void {
    this.remote.addTrack(track);
    if (track.kind !== 'video') return;
    this.hasRemoteVideo.value = !track.muted;
    track.addEventListener('unmute', () => {
      this.hasRemoteVideo.value = true;
    });
    track.addEventListener('mute', () => {
      this.hasRemoteVideo.value = false;
    });
  }

  #informed({ infoType, name }: Info): void {
    if (infoType === RINGING) this.phase.value = 'ringing';
    if (infoType !== MUTE && infoType !== UNMUTE) return;
    const isMuted = infoType === MUTE;
    const isAbout = (kind: string) => !name || this.#session?.contentOf(kind)?.name === name;
    if (isAbout('audio')) this.isPeerMuted.value = isMuted;
    if (isAbout('video')) this.hasRemoteVideo.value = !isMuted;
  }

  #sessionEnded(reason: Reason): void {
    const wasActive = this.startedAt.value > 0;
    const { device } = this.#invitation;
    if (device) this.#host.tell(device, { step: 'finish', id: this.id, reason });
    if (reason === 'success' || reason === 'cancel') this.#finish('hung-up');
    else if (reason === 'decline') this.#finish('declined');
    else if (reason === 'busy') this.#finish('busy');
    else this.#finish(wasActive ? 'lost' : 'failed');
  }

  async #open(video: boolean): Promise<boolean> {
    try {
      await this.media.open(video);
    } catch (error) {
      if (!(error instanceof NoMedia)) throw error;
      this.media.trouble.value = error.message;
      // Who has not been asked yet is spared the rest; who rings here may be asked once more.
      if (this.isOurs) this.#finish('hung-up');
      else if (this.#invitation.phase === 'proposed') this.phase.value = 'incoming';
      return false;
    }
    return this.end.value === null;
  }

  #fail(reason: Reason): void {
    const { device } = this.#invitation;
    if (this.#session) {
      this.#session.terminate(reason);
    } else {
      if (device) this.#host.tell(device, { step: 'finish', id: this.id, reason });
      this.#finish('failed');
    }
  }

  #finish(end: CallEnd): void {
    if (this.end.value !== null) return;
    window.clearTimeout(this.#timer);
    this.#invitation = { ...this.#invitation, phase: 'over' };
    this.end.value = end;
    this.phase.value = 'over';
    this.media.close();
    this.#host.ended(this, this.#session);
  }

  #startTimer(ms: number, then: () => void): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(then, ms);
  }
}

/** Whether an offer is of media. */
export function isCall(offer: Jingle): boolean {
  return mediaOf(offer.contents).length > 0;
}

function bareOf(jid: string): string {
  return jid.split('/', 1)[0]!;
}
