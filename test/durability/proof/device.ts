import { setTimeout as pause } from 'node:timers/promises';
import type { Element } from 'ltx';
import { Acknowledgements } from './acknowledgements.ts';
import { type Abilities, askForAbilities, askForPage } from './archive-reader.ts';
import { Client, NS } from './client.ts';
import type { Chronicle, Message } from './history.ts';
import { readReceived } from './received.ts';
import { DOMAIN } from './server.ts';

/** Milliseconds between two attempts to connect. */
const RETRY = 25;
const STANZAS = new Set(['message', 'presence', 'iq']);

/** How a device uses stream management, where the server has it. */
export type Manner = 'resumes' | 'acknowledges' | 'plain';

export interface Profile {
  readonly account: string;
  readonly resource: string;
  readonly manner: Manner;
}

/** Where the next connection, or what is written over it, breaks off. */
export type Cut = { readonly what: 'message' | 'resume' | 'incoming'; readonly bytes: number };

/** A client as one has it in the pocket: it comes back whenever its connection is gone. */
export class Device {
  readonly name: string;
  readonly profile: Profile;
  readonly #port: number;
  readonly #chronicle: Chronicle;
  readonly #transcript: (line: string) => void;
  #client: Client | null = null;
  #abilities: Abilities | null = null;
  #sm: Acknowledgements | null = null;
  /** Messages of a session that is lost, to be sent anew. */
  #again: { readonly text: string; readonly id: string }[] = [];
  /** Without stream management: sent, and not covered by an answer yet. */
  #uncertain: string[] = [];
  /** How many messages were in that list before and are not any more. */
  #settled = 0;
  /** The newest entry of the archive up to which the device has everything. */
  #synced: string | null = null;
  #isCaughtUp = false;
  #isOnline = false;
  #isWanted = false;
  #hasCome = false;
  #hasLeft = false;
  #cut: Cut | null = null;
  #life: Promise<void> = Promise.resolve();

  constructor(
    profile: Profile,
    port: number,
    chronicle: Chronicle,
    transcript: (line: string) => void,
  ) {
    this.profile = profile;
    this.name = `${profile.account}/${profile.resource}`;
    this.#port = port;
    this.#chronicle = chronicle;
    this.#transcript = transcript;
  }

  /** Whether it is signed in, has caught up and may send. */
  get isOnline(): boolean {
    return this.#isOnline;
  }

  get abilities(): Abilities | null {
    return this.#abilities;
  }

  /** How many messages it has sent that the server has not taken over. */
  get waiting(): number {
    return (this.#sm?.left().length ?? 0) + this.#again.length + this.#uncertain.length;
  }

  /** Whether the server has promised to keep its session while it is not connected. */
  get isResumable(): boolean {
    return Boolean(this.#sm?.resumption);
  }

  /** Comes, and comes back whenever the connection breaks, until it is told to go. */
  come(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#life = this.#life.then(() => this.#live());
  }

  /** Closes the stream as the standard says, and stays away. */
  async leave(): Promise<void> {
    this.#isWanted = false;
    const client = this.#client;
    if (this.#isOnline && client) {
      this.#isOnline = false;
      if (this.#sm) client.wire.write(this.#sm.answer());
      client.wire.write('</stream:stream>');
      if (this.#sm) this.#chronicle.add({ kind: 'leaving', device: this.name });
    } else client?.wire.cut();
    await this.#life;
  }

  /** Breaks the connection; the next attempt to connect follows at once. */
  cut(): void {
    if (this.#client?.isOpen) this.#client.wire.cut();
  }

  /** The connection breaks at that byte of the next such thing. */
  cutsAt(cut: Cut): void {
    this.#cut = cut;
    if (cut.what === 'incoming') this.#client?.wire.cutAfterReading(cut.bytes);
    if (cut.what === 'resume') this.cut();
  }

  /** Sends a message; the device must be online. */
  send(message: Message): void {
    const hint = message.isVolatile ? `<no-store xmlns='${NS.hints}'/>` : '';
    const [account, resource] = message.to.split('/');
    const to = `${account}@${DOMAIN}${resource ? `/${resource}` : ''}`;
    const attributes = `type='chat' to='${to}' id='${message.id}'`;
    const text = `<message ${attributes}><body>${message.id}</body>${hint}</message>`;
    this.#chronicle.add({ kind: 'sent', device: this.name, message });
    if (!this.#sm) this.#uncertain.push(message.id);
    this.#breakOff('message');
    this.#write(text, message.id);
  }

  /** Has the server say how far it has come, in whatever way this device has for that. */
  async confirm(): Promise<void> {
    if (!this.#isOnline) return;
    if (this.#sm) this.#client?.wire.write(REQUEST);
    else await this.fence();
  }

  /**
   * Asks the server something, so that all that was said before is dealt with when the answer
   * comes. Without an archive it is to store something, behind what was to be stored before.
   */
  async fence(): Promise<void> {
    if (this.#isOnline) await this.#fence();
  }

  async #fence(): Promise<void> {
    const covered = this.#settled + this.#uncertain.length;
    const client = this.#client;
    if (!client?.isOpen) return;
    const answer = this.#askBehind(client);
    if (this.#sm) client.wire.write(REQUEST);
    if (!(await answer) || this.#client !== client) return;
    for (const id of this.#settle(covered - this.#settled)) this.#acknowledged(id);
    this.#chronicle.add({ kind: 'fenced', device: this.name });
  }

  /** Whether the answer was a result. */
  async #askBehind(client: Client): Promise<boolean> {
    const write = (text: string) => this.#write(text, null);
    const asked = this.#abilities?.archive
      ? client.ask('get', PING, write, DOMAIN)
      : client.ask('set', NOTE, write);
    return asked.then(
      ({ attrs }) => attrs.type === 'result',
      () => false,
    );
  }

  #settle(count: number): readonly string[] {
    const gone = this.#uncertain.splice(0, count);
    this.#settled += gone.length;
    return gone;
  }

  async #live(): Promise<void> {
    while (this.#isWanted) {
      const gone = Promise.withResolvers<void>();
      const client = new Client(this.profile.account, {
        onElement: (element) => this.#onElement(element),
        onFooter: () => this.#onFooter(),
        onNonsense: (error) => this.#amiss(String(error)),
        onCut: () => {
          this.#onCut();
          gone.resolve();
        },
        onText: (direction, text) => this.#transcript(`${this.name} ${direction} ${text}`),
      });
      this.#client = client;
      try {
        await this.#signIn(client);
        await gone.promise;
      } catch (error) {
        this.#complain(error);
        if (client.isOpen) client.wire.cut();
      }
      if (this.#isWanted) await pause(RETRY);
    }
  }

  /** What is neither a broken connection nor a server that is not there is the server's fault. */
  #complain(error: unknown): void {
    const isExpected = /connection is gone|ECONNREFUSED|ECONNRESET/.test(String(error));
    if (!isExpected) this.#amiss(String(error));
  }

  async #signIn(client: Client): Promise<void> {
    const features = await client.signIn(this.#port);
    const hasSm = features.getChild('sm', NS.sm) !== undefined && this.profile.manner !== 'plain';
    if (!(hasSm && (await this.#resume(client)))) await this.#bind(client, hasSm);
    if (this.#abilities!.archive && !this.#isCaughtUp) await this.#catchUp(client);
    await this.#fence();
    if (!client.isOpen) return;
    this.#isOnline = true;
  }

  async #resume(client: Client): Promise<boolean> {
    const sm = this.#sm;
    if (!sm?.resumption) return false;
    this.#breakOff('resume');
    const answer = client.waitFor((it) => it.is('resumed', NS.sm) || it.is('failed', NS.sm));
    client.wire.write(sm.resume());
    const outcome = await answer;
    if (outcome.is('resumed')) {
      this.#chronicle.add({ kind: 'resumed', device: this.name });
      sm.takes(outcome);
      for (const text of sm.again()) client.wire.write(text);
      this.#sendAnew();
      client.wire.write(REQUEST);
      return true;
    }
    this.#chronicle.add({ kind: 'refused', device: this.name });
    if (outcome.attrs.h !== undefined) sm.takes(outcome);
    this.#lose();
    return false;
  }

  /** The session is gone: what was not acknowledged goes out over the next. */
  #lose(): void {
    this.#again = [...(this.#sm?.left() ?? []), ...this.#again].sort(bySequence);
    this.#sm = null;
  }

  async #bind(client: Client, hasSm: boolean): Promise<void> {
    // Of a session that cannot be resumed nobody says what was handled: what was sent again
    // might be there twice. Where it has got to, the archives tell.
    this.#sm = null;
    this.#isCaughtUp = false;
    await client.bind(this.profile.resource);
    if (hasSm) await this.#enable(client);
    const ask = (text: string) => this.#write(text, null);
    const own = `${this.profile.account}@${DOMAIN}`;
    this.#abilities ??= await askForAbilities(client, own, DOMAIN, ask);
    this.#chronicle.add({ kind: 'came', device: this.name });
    this.#hasCome = true;
    this.#write('<presence/>', null);
    // Copies from now on alone, so that none overtakes what has waited.
    if (this.#abilities.carbons) {
      await client.ask('set', `<enable xmlns='${NS.carbons}'/>`, ask);
    }
    this.#sendAnew();
    await client.ask('get', PING, ask, DOMAIN);
    const isResumable = this.isResumable;
    this.#chronicle.add({ kind: 'bound', device: this.name, isResumable });
  }

  /** What an earlier session has left; this one may have broken before it came to that. */
  #sendAnew(): void {
    for (const { text, id } of this.#again.splice(0)) {
      if (!this.#sm) this.#uncertain.push(id);
      this.#write(text, id);
    }
  }

  async #enable(client: Client): Promise<void> {
    const resume = this.profile.manner === 'resumes' ? " resume='true'" : '';
    const answer = client.waitFor((it) => it.is('enabled', NS.sm) || it.is('failed', NS.sm));
    client.wire.write(`<enable xmlns='${NS.sm}'${resume}/>`);
    const enabled = await answer;
    if (!enabled.is('enabled')) throw new Error(`stream management was refused: ${enabled}`);
  }

  /** The counters start with the very element, not with whoever waits for it. */
  #startCounting(enabled: Element): void {
    const keeps = ['true', '1'].includes(enabled.attrs.resume);
    this.#sm = new Acknowledgements(
      keeps ? enabled.attrs.id : null,
      (id) => this.#acknowledged(id),
      (what) => this.#amiss(what),
    );
  }

  async #catchUp(client: Client): Promise<void> {
    const write = (text: string) => this.#write(text, null);
    let after = this.#synced;
    for (let isComplete = false; !isComplete; ) {
      const page = await askForPage(client, after, write);
      after = page.last ?? after;
      isComplete = page.isComplete;
      this.#synced = after;
    }
    this.#isCaughtUp = true;
  }

  #write(text: string, id: string | null): void {
    this.#sm?.sends(text, id);
    this.#client?.wire.write(text);
  }

  #breakOff(what: Cut['what']): void {
    if (this.#cut?.what !== what) return;
    this.#client?.wire.cutAfterWriting(this.#cut.bytes);
    this.#cut = null;
  }

  #onElement(element: Element): void {
    if (element.is('enabled', NS.sm)) this.#startCounting(element);
    else if (element.is('a', NS.sm)) this.#sm?.takes(element);
    else if (element.is('r', NS.sm)) this.#client?.wire.write(this.#sm?.answer() ?? '');
    else if (element.is('error')) this.#onStreamError(element);
    if (!STANZAS.has(element.name)) return;
    if (this.#sm) this.#sm.handled++;
    if (element.is('message')) this.#onMessage(element);
    if (element.is('presence')) this.#onPresence(element);
    if (element.is('iq') && ['get', 'set'].includes(element.attrs.type)) this.#decline(element);
  }

  #onPresence({ attrs: { from, type } }: Element): void {
    if (type !== undefined || from !== `${this.profile.account}@${DOMAIN}/${this.profile.resource}`)
      return;
    this.#chronicle.add({ kind: 'shown', device: this.name });
  }

  /** A question gets an answer (RFC 6120 §8.2.3); by it, the server may see that others arrived. */
  #decline({ attrs: { id, from } }: Element): void {
    const to = from ? ` to='${from}'` : '';
    this.#write(`<iq type='error' id='${id}'${to}>${UNAVAILABLE}</iq>`, null);
  }

  #onStreamError(error: Element): void {
    const isExpected = ['system-shutdown', 'conflict', 'internal-server-error', 'reset'];
    if (!isExpected.some((name) => error.getChild(name))) this.#amiss(`${error}`);
  }

  #onMessage(stanza: Element): void {
    const received = readReceived(stanza, this.profile.account);
    if (!received) return;
    const { id, stanzaId, from, isError } = received;
    const { name: device } = this;
    if (isError) this.#chronicle.add({ kind: 'bounced', device, id });
    else this.#chronicle.add({ kind: 'heard', device, id, stanzaId, from });
    if (from === 'stream' && stanzaId !== null && this.#isCaughtUp) this.#synced = stanzaId;
  }

  #onFooter(): void {
    this.#hasLeft = !this.#isWanted;
    this.#client?.wire.cut();
  }

  #onCut(): void {
    this.#isOnline = false;
    this.#settle(this.#uncertain.length);
    if (this.#hasLeft) this.#sm = null;
    if (this.#hasCome) {
      this.#chronicle.add({ kind: this.#hasLeft ? 'left' : 'cut', device: this.name });
    }
    // Only a session that is kept is still there when the next connection comes.
    this.#hasCome = Boolean(this.#sm?.resumption) && !this.#hasLeft;
    this.#hasLeft = false;
    if (this.#cut?.what === 'incoming') this.#cut = null;
  }

  #acknowledged(id: string): void {
    this.#chronicle.add({ kind: 'acknowledged', id });
  }

  #amiss(what: string): void {
    this.#chronicle.add({ kind: 'amiss', device: this.name, what });
  }
}

const REQUEST = `<r xmlns='${NS.sm}'/>`;
const UNAVAILABLE =
  "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
const PING = "<ping xmlns='urn:xmpp:ping'/>";
const NOTE = "<query xmlns='jabber:iq:private'><note xmlns='urn:epode:proof'/></query>";

/** In the order in which they were first sent, whatever was lost in which order. */
function bySequence(one: { readonly id: string }, other: { readonly id: string }): number {
  return numberOf(one.id) - numberOf(other.id);
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf(':') + 1));
}
