import { computed, signal } from '@preact/signals';
import type { Agent, Stanzas } from 'stanza';
import { Call, type CallHost, isCall } from './call.ts';
import { discoverIceServers } from './ice-servers.ts';
import { goesFirst, type InvitationMessage, type Medium, type Sender } from './invitation.ts';
import { invitationElements } from './invitation-elements.ts';
import type { Jingle } from './jingle.ts';
import type { JingleRouter } from './jingle-router.ts';
import { canCall } from './media.ts';
import { mediaOf } from './session.ts';

const FEATURES = [
  'urn:xmpp:jingle-message:0',
  'urn:xmpp:jingle:apps:rtp:1',
  'urn:xmpp:jingle:apps:rtp:audio',
  'urn:xmpp:jingle:apps:rtp:video',
  'urn:xmpp:jingle:apps:rtp:rtcp-fb:0',
  'urn:xmpp:jingle:apps:rtp:rtp-hdrext:0',
  'urn:ietf:rfc:5576',
  'urn:ietf:rfc:5888',
];
/** Where this browser remembers the choice. */
const RELAY_ONLY = 'epode.relay-only';
const MAX_ID = 255;
/** Older calls than this, in milliseconds, are not worth a ring. */
const MAX_AGE_MS = 60_000;

/** The calls of one signed-in page: one at a time, announced by XEP-0353. */
export class Calls {
  /** The call there is, or whose end has not been seen yet. */
  readonly current = signal<Call | null>(null);
  /** Who waits for an answer of ours; null for nobody. */
  readonly ringing = computed(() => {
    const call = this.current.value;
    return call?.phase.value === 'incoming' && call.end.value === null ? call.peer : null;
  });
  /** Calls go through the server's relay alone, so that no peer learns our address. */
  readonly relayOnly = signal(localStorage.getItem(RELAY_ONLY) === 'true');
  readonly #agent: Agent;
  readonly #server: string;
  readonly #router: JingleRouter;
  /** Bare JIDs that share their presence: others do not learn from a ring that we are here. */
  readonly #seen = new Set<string>();

  constructor(agent: Agent, server: string, router: JingleRouter) {
    this.#agent = agent;
    this.#server = server;
    this.#router = router;
    agent.stanzas.define(invitationElements);
    if (canCall()) for (const feature of FEATURES) agent.disco.addFeature(feature);
    router.addTaker((offer, from) => this.#takeOffer(offer, from));
    agent.on('message', (message) => this.#received(message, false));
    agent.on('message:sent', (message, isCarbon) => isCarbon && this.#received(message, true));
    agent.on('available', ({ from }) => this.#seen.add(bareOf(from)));
    agent.on('unavailable', ({ from }) => this.#running?.left(from));
    window.addEventListener('pagehide', this.#hangUp);
  }

  get canCall(): boolean {
    return canCall();
  }

  /** Calls somebody, by their bare JID. */
  async start(peer: string, withVideo: boolean): Promise<void> {
    if (this.#running) return;
    const media: readonly Medium[] = withVideo ? ['audio', 'video'] : ['audio'];
    const id = crypto.randomUUID();
    const call = new Call(this.#host, { id, peer, isOurs: true, media, phase: 'proposed' });
    this.current.value = call;
    await call.begin();
  }

  setRelayOnly(isOn: boolean): void {
    localStorage.setItem(RELAY_ONLY, String(isOn));
    this.relayOnly.value = isOn;
  }

  /** The end of the last call has been seen. */
  dismiss(): void {
    if (!this.#running) this.current.value = null;
  }

  stop(): void {
    this.#hangUp();
    window.removeEventListener('pagehide', this.#hangUp);
  }

  readonly #hangUp = (): void => this.#running?.hangUp();

  /** The call that is not over. */
  get #running(): Call | null {
    const call = this.current.value;
    return call?.end.value === null ? call : null;
  }

  get #host(): CallHost {
    return {
      self: this.#router.self,
      configuration: async () => ({
        iceServers: await discoverIceServers(this.#agent, this.#server),
        iceTransportPolicy: this.relayOnly.value ? 'relay' : 'all',
      }),
      send: (to, jingle) => this.#router.send(to, jingle),
      tell: (to, message) => this.#tell(to, message),
      began: (session) => this.#router.add(session),
      ended: (_, session) => session && this.#router.remove(session),
    };
  }

  #tell(to: string, invitation: InvitationMessage): void {
    const message = { to, type: 'chat', invitation, processingHints: { store: true } } as const;
    void this.#agent.sendMessage(message);
  }

  #received(message: Stanzas.ReceivedMessage | Stanzas.Message, isSent: boolean): void {
    const { invitation, from = '', type } = message;
    if (!invitation?.id || invitation.id.length > MAX_ID || type === 'error') return;
    const self = this.#router.self;
    const isOwn = bareOf(from) === bareOf(self);
    // What this page has said itself comes back to it by its own bare address.
    if (from === self || (isSent && !isOwn)) return;
    const sender = { from, isOwn };
    if (invitation.step === 'propose') this.#proposed(invitation, sender, message);
    else if (this.#running?.id === invitation.id) this.#running.received(invitation, sender);
  }

  #proposed(invitation: InvitationMessage, sender: Sender, { delay }: Stanzas.Message): void {
    const age = delay ? Date.now() - delay.timestamp.getTime() : 0;
    const media = (invitation.media ?? []).filter((each) => each === 'audio' || each === 'video');
    if (sender.isOwn || age > MAX_AGE_MS || media.length === 0 || !canCall()) return;
    const { id } = invitation;
    const running = this.#running;
    if (running?.id === id) return;
    if (running) return void this.#proposedMeanwhile(running, id, media, sender.from);
    this.#ring(id, media, sender.from, null);
  }

  /** Both call each other (XEP-0353 §4.1), or the line is busy. */
  async #proposedMeanwhile(
    running: Call,
    id: string,
    media: readonly Medium[],
    from: string,
  ): Promise<void> {
    const isWaiting = ['calling', 'ringing'].includes(running.phase.value);
    if (running.peer !== bareOf(from) || !running.isOurs || !isWaiting) {
      return this.#tell(from, { step: 'reject', id, reason: 'busy' });
    }
    const isOursFirst = goesFirst({ id: running.id, from: this.#router.self }, { id, from });
    if (isOursFirst) {
      return this.#tell(from, { step: 'reject', id, reason: 'expired', tieBreak: true });
    }
    this.#tell(running.peer, {
      step: 'retract',
      id: running.id,
      reason: 'expired',
      tieBreak: true,
    });
    const withVideo = running.isVideo;
    running.received({ step: 'reject', id: running.id, tieBreak: true }, { from, isOwn: false });
    await this.#ring(id, media, from, null).answer(withVideo);
  }

  #ring(id: string, media: readonly Medium[], from: string, offer: Jingle | null): Call {
    const peer = bareOf(from);
    const invitation = { id, peer, isOurs: false, media, phase: 'proposed', device: from } as const;
    const call = new Call(this.#host, invitation);
    this.current.value = call;
    call.ring(offer);
    if (!offer && this.#seen.has(peer)) this.#tell(from, { step: 'ringing', id });
    return call;
  }

  #takeOffer(offer: Jingle, from: string): boolean {
    const running = this.#running;
    if (!isCall(offer)) return false;
    if (running?.takes(offer, from)) return true;
    if (running || !this.#seen.has(bareOf(from)) || !canCall()) return false;
    this.#ring(offer.sid, mediaOf(offer.contents), from, offer);
    return true;
  }
}

function bareOf(jid: string): string {
  return jid.split('/', 1)[0]!;
}
