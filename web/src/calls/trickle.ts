import { candidateOf } from './contents-of-sdp.ts';
import { type Candidate, type Content, ICE_UDP, type Role } from './jingle.ts';
import { candidateLine } from './sdp-of-contents.ts';

/** Candidates that one transport-info may carry, and that wait for a description. */
const MAX_CANDIDATES = 100;
/** Candidates come in bursts; what comes within this time, in milliseconds, leaves together. */
const BURST_MS = 20;

/** Sends a browser's candidates as it finds them, and hands it the peer's: XEP-0176 §5.5. */
export class Trickle {
  readonly #connection: RTCPeerConnection;
  readonly #send: (content: Content) => void;
  readonly #creatorOf: (name: string) => Role;
  #found = new Map<string, Candidate[]>();
  #waiting: RTCIceCandidateInit[] = [];
  #mayLeave = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    connection: RTCPeerConnection,
    send: (content: Content) => void,
    creatorOf: (name: string) => Role,
  ) {
    this.#connection = connection;
    this.#send = send;
    this.#creatorOf = creatorOf;
    connection.onicecandidate = ({ candidate }) => this.#keep(candidate);
  }

  /** The peer knows the session: candidates may leave. */
  open(): void {
    this.#mayLeave = true;
    this.#leave();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#connection.onicecandidate = null;
  }

  /** @throws InvalidContent */
  async take(contents: readonly Content[]): Promise<void> {
    for (const { name, transport } of contents) {
      for (const each of (transport?.candidates ?? []).slice(0, MAX_CANDIDATES)) {
        await this.#add({ sdpMid: name, candidate: candidateLine(each) });
      }
    }
  }

  /** The peer's description is there: what came before it can be used. */
  async release(): Promise<void> {
    for (const each of this.#waiting.splice(0)) await this.#add(each);
  }

  async #add(candidate: RTCIceCandidateInit): Promise<void> {
    if (this.#connection.remoteDescription === null) {
      if (this.#waiting.length < MAX_CANDIDATES) this.#waiting.push(candidate);
      return;
    }
    // A candidate that the browser cannot use is one path less, and no reason to end.
    await this.#connection.addIceCandidate(candidate).catch(() => {});
  }

  #keep(found: RTCIceCandidate | null): void {
    const candidate = candidateOf(found?.candidate ?? '');
    if (!found?.sdpMid || candidate === undefined) return;
    const { sdpMid } = found;
    this.#found.set(sdpMid, [...(this.#found.get(sdpMid) ?? []), candidate]);
    if (this.#mayLeave) this.#timer ??= setTimeout(() => this.#leave(), BURST_MS);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const found = [...this.#found];
    this.#found = new Map();
    // Each content by itself, as in XEP-0176 §5.5: Dino refuses several at once, and then
    // knows no way to us but what it happens to hear.
    for (const [name, candidates] of found) {
      const transport = { transportType: ICE_UDP, ...this.#credentials(name), candidates };
      this.#send({ creator: this.#creatorOf(name), name, transport });
    }
  }

  /** XEP-0176 §5.5: which candidates belong together is told by the credentials. */
  #credentials(name: string) {
    const sections = this.#connection.localDescription?.sdp.split(/^m=/m) ?? [];
    const section = sections.find((each) => each.includes(`a=mid:${name}\r\n`)) ?? '';
    const usernameFragment = /^a=ice-ufrag:(\S+)/m.exec(section)?.[1];
    const password = /^a=ice-pwd:(\S+)/m.exec(section)?.[1];
    return usernameFragment && password ? { usernameFragment, password } : {};
  }
}
