import { contentsOfSdp, type Description } from './contents-of-sdp.ts';
import {
  type Action,
  type Application,
  type Content,
  DATA_CHANNEL,
  type Group,
  type Info,
  isRtp,
  type Jingle,
  otherRole,
  type Reason,
  type Role,
} from './jingle.ts';
import { InvalidContent, sdpOfContents } from './sdp-of-contents.ts';
import { Trickle } from './trickle.ts';

export type SessionSetup = {
  readonly sid: string;
  /** Full JIDs. */
  readonly self: string;
  readonly peer: string;
  readonly role: Role;
  /** Sends a request and waits for its answer; rejects where that is an error. */
  send(jingle: Jingle): Promise<unknown>;
};

export type SessionEvents = {
  connectionChanged?(state: RTCPeerConnectionState): void;
  trackAdded?(event: RTCTrackEvent): void;
  channelOpened?(channel: RTCDataChannel): void;
  informed?(info: Info): void;
  /** Once, whoever ended it; `reason` is the peer's or our own. */
  ended?(reason: Reason): void;
};

/** Why a request is refused at once: XEP-0166 §9. */
export type Refusal = 'tie-break' | 'out-of-order';

/** One Jingle session (XEP-0166) over an RTCPeerConnection, of media or of a data channel. */
export class Session {
  readonly sid: string;
  readonly peer: string;
  readonly role: Role;
  readonly connection: RTCPeerConnection;
  /** What a data channel is for; media describe themselves. */
  application: Application | null = null;
  readonly #setup: SessionSetup;
  readonly #events: SessionEvents;
  readonly #trickle: Trickle;
  readonly #creators = new Map<string, Role>();
  /** What the peer has said of each content. */
  readonly #remote = new Map<string, Content>();
  #remoteGroups: readonly Group[] = [];
  /** Names of the contents that we have added and the peer has not accepted yet. */
  #proposed: readonly string[] = [];
  #accepted = false;
  /** Whether we have begun ICE anew, and the peer has not answered yet. */
  #isRestarting = false;
  #over = false;
  #work: Promise<unknown> = Promise.resolve();

  constructor(setup: SessionSetup, events: SessionEvents) {
    this.#setup = setup;
    this.#events = events;
    this.sid = setup.sid;
    this.peer = setup.peer;
    this.role = setup.role;
    this.connection = new RTCPeerConnection();
    this.#trickle = new Trickle(
      this.connection,
      (content) => this.#tell('transport-info', { contents: [content] }),
      (name) => this.#creatorOf(name),
    );
    this.connection.onconnectionstatechange = () =>
      this.#events.connectionChanged?.(this.connection.connectionState);
    this.connection.ontrack = (event) => this.#events.trackAdded?.(event);
    this.connection.ondatachannel = ({ channel }) => this.#events.channelOpened?.(channel);
  }

  /** Offers what the connection has by now: XEP-0166 §6.2. */
  async initiate(): Promise<void> {
    await this.#then(async () => {
      const description = await this.#describe();
      const offer = { ...description, initiator: this.#setup.self };
      const sent = this.#request('session-initiate', offer);
      this.#trickle.open();
      await sent;
    });
  }

  /** Takes the peer's offer; the connection then has its transceivers. */
  async take(offer: Jingle): Promise<void> {
    await this.#then(() => this.#takeOffer(offer));
  }

  /** Accepts with what the connection sends by now: XEP-0166 §6.5. */
  async accept(): Promise<void> {
    await this.#then(async () => {
      const description = await this.#describe();
      this.#accepted = true;
      const sent = this.#request('session-accept', {
        ...onlyUsed(description),
        ...{ initiator: this.peer, responder: this.#setup.self },
      });
      this.#trickle.open();
      await sent;
    });
  }

  /** Offers what has been added to the connection since: XEP-0166 §7.2.2. */
  async addContents(): Promise<void> {
    await this.#then(async () => {
      const { contents, groups } = await this.#describe();
      const added = contents.filter(({ name }) => !this.#creators.has(name));
      for (const { name } of added) this.#creators.set(name, this.role);
      if (added.length === 0) return;
      this.#proposed = added.map(({ name }) => name);
      const sent = { contents: added.map((each) => ({ ...each, creator: this.role })), groups };
      await this.#request('content-add', sent).catch(() => this.#takeBack());
    });
  }

  /** Looks for other ways to the peer, with other credentials: XEP-0176 §5.9. */
  async restart(): Promise<void> {
    await this.#then(async () => {
      if (this.connection.signalingState !== 'stable') await this.#takeBack();
      this.#isRestarting = true;
      this.connection.restartIce();
      await this.#tellTransports();
    });
  }

  /** Whether a request of the peer's cannot be taken: it is answered with this error. */
  refusalOf({ action }: Jingle): Refusal | undefined {
    if (action === 'session-initiate') return 'out-of-order';
    // XEP-0166 §7.2.16: of two that add at the same time, the initiator wins.
    const isTie = action === 'content-add' && this.#proposed.length > 0;
    return isTie && this.role === 'initiator' ? 'tie-break' : undefined;
  }

  /** Does what the peer asks for. */
  handle(jingle: Jingle): void {
    if (jingle.action === 'session-terminate') {
      this.#end(jingle.reason?.condition ?? 'success');
      return;
    }
    this.#then(() => this.#obey(jingle)).catch((error) => {
      console.warn(`${jingle.action}: ${error}`);
      const isInvalid = error instanceof InvalidContent;
      this.terminate(isInvalid ? 'incompatible-parameters' : 'failed-application');
    });
  }

  /** Tells something that changes nothing, such as that we are muted: XEP-0167 §7. */
  inform(info: Info): void {
    this.#tell('session-info', { info });
  }

  /** The content of this kind, whoever added it. */
  contentOf(kind: string): { readonly name: string; readonly creator: Role } | undefined {
    const transceiver = this.connection
      .getTransceivers()
      .find(({ mid, receiver }) => mid !== null && receiver.track.kind === kind);
    const name = transceiver?.mid;
    return name ? { name, creator: this.#creatorOf(name) } : undefined;
  }

  terminate(reason: Reason): void {
    if (this.#over) return;
    this.#tell('session-terminate', { reason: { condition: reason } });
    this.#end(reason);
  }

  /** Ends without telling the peer, who does not know the session or is gone. */
  abandon(reason: Reason): void {
    this.#end(reason);
  }

  async #obey({ action, contents = [], groups, info }: Jingle): Promise<void> {
    if (action === 'transport-info') return await this.#takeTransports(contents);
    if (action === 'session-info') return info && this.#events.informed?.(info);
    if (action === 'session-accept') return await this.#takeAnswer(contents, groups);
    if (action === 'content-accept') return await this.#takeAnswer(contents, groups);
    if (action === 'content-add') return await this.#takeContents(contents, groups);
    if (action === 'content-reject') return await this.#takeBack();
    if (action === 'content-remove') return await this.#change(contents, () => 'none');
    if (action === 'content-modify') {
      return await this.#change(contents, (each) => each.senders ?? 'both');
    }
  }

  async #takeOffer({ contents = [], groups = [] }: Jingle): Promise<void> {
    for (const { name, creator } of contents) this.#creators.set(name, creator);
    this.#learn(contents, groups);
    await this.#setRemote('offer', contents);
    for (const each of this.connection.getTransceivers()) each.direction = 'sendrecv';
  }

  /** An answer names all that was asked for, in the same order: RFC 3264 §6. */
  async #takeAnswer(contents: readonly Content[], groups?: readonly Group[]): Promise<void> {
    if (this.connection.signalingState !== 'have-local-offer') return;
    this.#learn(contents, groups);
    this.#accepted = true;
    this.#proposed = [];
    await this.#setRemote('answer', this.#inOrder());
  }

  async #takeContents(contents: readonly Content[], groups?: readonly Group[]): Promise<void> {
    if (this.connection.signalingState === 'have-local-offer') await this.#takeBack();
    const known = this.#inOrder();
    const added = contents.filter(({ name }) => !this.#creators.has(name));
    for (const { name } of added) this.#creators.set(name, otherRole(this.role));
    this.#learn(added, groups);
    await this.#setRemote('offer', [...known, ...added]);
    const names = added.map(({ name }) => name);
    for (const each of this.connection.getTransceivers()) {
      if (names.includes(each.mid ?? '')) each.direction = 'sendrecv';
    }
    const description = await this.#describe();
    const ours = description.contents.filter(({ name }) => names.includes(name));
    const answer = onlyUsed({ contents: ours, groups: description.groups });
    await this.#request(answer.contents.length > 0 ? 'content-accept' : 'content-reject', {
      ...(answer.contents.length > 0 ? answer : { contents: ours }),
    });
  }

  /** Candidates; or with other credentials a restart, or the answer to ours: XEP-0176 §5.9. */
  async #takeTransports(contents: readonly Content[]): Promise<void> {
    const isNew = ({ name, transport }: Content) => {
      const known = this.#remote.get(name)?.transport?.usernameFragment;
      const given = transport?.usernameFragment;
      return known !== undefined && given !== undefined && given !== known;
    };
    if (this.#accepted && contents.some(isNew)) await this.#renew(contents);
    await this.#trickle.take(contents);
  }

  async #renew(contents: readonly Content[]): Promise<void> {
    for (const { name, transport } of contents) {
      const known = this.#remote.get(name);
      if (!known?.transport || !transport) continue;
      const { usernameFragment = '', password = '' } = transport;
      const renewed = { ...known.transport, usernameFragment, password, candidates: [] };
      this.#remote.set(name, { ...known, transport: renewed });
    }
    if (this.#isRestarting) {
      this.#isRestarting = false;
      return await this.#setRemote('answer', this.#inOrder());
    }
    if (this.connection.signalingState !== 'stable') await this.#takeBack();
    await this.#setRemote('offer', this.#inOrder());
    await this.#tellTransports();
  }

  /** In one request for all contents, so that they change together. */
  async #tellTransports(): Promise<void> {
    const { contents } = onlyUsed(await this.#describe());
    const transports = contents.map(({ creator, name, transport }) => {
      return { creator, name, transport: { ...transport!, candidates: [] } };
    });
    await this.#request('transport-info', { contents: transports });
  }

  /** The peer sends or wants less, or more: the browser is told by an offer in its name. */
  async #change(
    contents: readonly Content[],
    sendersOf: (content: Content) => Content['senders'],
  ): Promise<void> {
    for (const content of contents) {
      const known = this.#remote.get(content.name);
      const senders = sendersOf(content);
      if (known && senders) this.#remote.set(content.name, { ...known, senders });
    }
    if (this.connection.signalingState !== 'stable') return;
    await this.#setRemote('offer', this.#inOrder());
    await this.connection.setLocalDescription();
  }

  /** What we have added is not wanted, or another comes first. */
  async #takeBack(): Promise<void> {
    for (const name of this.#proposed) this.#creators.delete(name);
    this.#proposed = [];
    if (this.connection.signalingState !== 'have-local-offer') return;
    await this.connection.setLocalDescription({ type: 'rollback' });
  }

  #learn(contents: readonly Content[], groups?: readonly Group[]): void {
    for (const content of contents) this.#remote.set(content.name, content);
    if (groups !== undefined && groups.length > 0) this.#remoteGroups = groups;
  }

  /** The peer's contents in the order of the browser's; one that it left out is refused. */
  #inOrder(): readonly Content[] {
    const sdp = this.connection.localDescription?.sdp ?? '';
    const { contents } = contentsOfSdp(sdp, this.role, (name) => this.#creatorOf(name));
    return contents.map((own) => {
      const { transport: _, ...unused } = own;
      return this.#remote.get(own.name) ?? unused;
    });
  }

  async #setRemote(type: 'offer' | 'answer', contents: readonly Content[]): Promise<void> {
    const names = contents.filter(({ transport }) => transport).map(({ name }) => name);
    const groups = this.#remoteGroups.map(({ semantics, contents: all }) => ({
      semantics,
      contents: all.filter((name) => names.includes(name)),
    }));
    const role = otherRole(this.role);
    const setup = /a=setup:active/.test(this.connection.currentLocalDescription?.sdp ?? '')
      ? 'passive'
      : 'active';
    const sdp = sdpOfContents(contents, { type, role, groups, setup });
    await this.connection.setRemoteDescription({ type, sdp });
    await this.#trickle.release();
  }

  async #describe(): Promise<Description> {
    await this.connection.setLocalDescription();
    const { sdp = '' } = this.connection.localDescription ?? {};
    const { contents, groups } = contentsOfSdp(sdp, this.role, (name) => this.#creatorOf(name));
    if (!this.#accepted && this.role === 'initiator') {
      for (const { name } of contents) this.#creators.set(name, 'initiator');
    }
    return { contents: contents.map((each) => this.#withApplication(each)), groups };
  }

  #withApplication(content: Content): Content {
    const { application } = this;
    const isData = content.application?.applicationType === DATA_CHANNEL;
    // XEP-0234 §5: who offers a file sends it.
    return isData && application ? { ...content, senders: 'initiator', application } : content;
  }

  #creatorOf(name: string): Role {
    return this.#creators.get(name) ?? this.role;
  }

  async #request(action: Action, more: Omit<Jingle, 'action' | 'sid'>): Promise<void> {
    await this.#setup.send({ ...more, action, sid: this.sid });
  }

  /** Sends what needs no answer. */
  #tell(action: Action, more: Omit<Jingle, 'action' | 'sid'>): void {
    this.#request(action, more).catch(() => {});
  }

  /** One thing after the other: descriptions must not overtake each other. */
  #then<T>(step: () => Promise<T>): Promise<T | undefined> {
    const done = this.#work.then(() => (this.#over ? undefined : step()));
    this.#work = done.catch(() => {});
    return done;
  }

  #end(reason: Reason): void {
    if (this.#over) return;
    this.#over = true;
    this.#trickle.close();
    this.connection.close();
    this.#events.ended?.(reason);
  }
}

/** What the browser takes part in; the rest is left out of an answer. */
function onlyUsed({ contents, groups }: Description): Description {
  const isUsed = ({ transport }: Content) => transport?.usernameFragment !== undefined;
  const unused = contents.filter((each) => !isUsed(each)).map(({ name }) => name);
  return {
    contents: contents.filter(isUsed),
    groups: groups.map((each) => ({
      ...each,
      contents: each.contents.filter((name) => !unused.includes(name)),
    })),
  };
}

/** Which media the contents of an offer are. */
export function mediaOf(contents: readonly Content[] = []): readonly ('audio' | 'video')[] {
  return contents.flatMap(({ application }) => (isRtp(application) ? application.media : []));
}
