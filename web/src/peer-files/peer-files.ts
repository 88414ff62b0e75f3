import { signal } from '@preact/signals';
import type { Agent } from 'stanza';
import { discoverIceServers } from '../calls/ice-servers.ts';
import type { Jingle } from '../calls/jingle.ts';
import type { JingleRouter } from '../calls/jingle-router.ts';
import { FILE_TRANSFER, fileOfferOf, safeName } from './file-offer.ts';
import { Transfer, type TransferHost } from './transfer.ts';

const DATA_CHANNEL = 'urn:xmpp:jingle:transports:dtls-sctp:1';
const FEATURES = [
  FILE_TRANSFER,
  DATA_CHANNEL,
  'urn:xmpp:hashes:2',
  'urn:xmpp:hash-function-text-names:sha-256',
];
/** Offers that wait for an answer, in all. */
const MAX_OFFERS = 20;

/** Files between this page and others like it, from browser to browser. */
export class PeerFiles {
  readonly transfers = signal<readonly Transfer[]>([]);
  readonly #agent: Agent;
  readonly #server: string;
  readonly #router: JingleRouter;
  /** The devices that share their presence, and whether they take files; undefined: not known yet. */
  readonly #devices = signal<ReadonlyMap<string, boolean | undefined>>(new Map());
  readonly #asked = new Set<string>();

  constructor(agent: Agent, server: string, router: JingleRouter) {
    this.#agent = agent;
    this.#server = server;
    this.#router = router;
    if (!('RTCPeerConnection' in window)) return;
    for (const feature of FEATURES) agent.disco.addFeature(feature);
    router.addTaker((offer, from) => this.#take(offer, from));
    agent.on('available', ({ from }) => this.#note(from, undefined));
    agent.on('unavailable', ({ from }) => this.#left(from));
  }

  /** A device of this account that takes files; asks those that have not been asked yet. */
  deviceOf(peer: string): string | undefined {
    const devices = [...this.#devices.value].filter(([jid]) => jid.startsWith(`${peer}/`));
    for (const [jid, isAble] of devices) if (isAble === undefined) void this.#ask(jid);
    return devices.find(([, isAble]) => isAble)?.[0];
  }

  /** Offers a file. */
  send(peer: string, file: File): void {
    const device = this.deviceOf(peer);
    if (device === undefined) return;
    const named = new File([file], safeName(file.name), { type: file.type });
    this.#add(Transfer.send(this.#host, device, named));
  }

  /** Takes a transfer that is over off the list. */
  dismiss(transfer: Transfer): void {
    transfer.forget();
    this.transfers.value = this.transfers.value.filter((each) => each !== transfer);
  }

  stop(): void {
    for (const transfer of this.transfers.value) {
      transfer.cancel();
      transfer.forget();
    }
  }

  get #host(): TransferHost {
    return {
      self: this.#router.self,
      configuration: async () => ({
        iceServers: await discoverIceServers(this.#agent, this.#server),
      }),
      send: (to, jingle) => this.#router.send(to, jingle),
      began: (session) => this.#router.add(session),
      ended: (session) => this.#router.remove(session),
    };
  }

  #take(jingle: Jingle, from: string): boolean {
    const offer = fileOfferOf(jingle);
    const waiting = this.transfers.value.filter(({ state }) => state.value === 'offered');
    if (!offer || !this.#devices.value.has(from) || waiting.length >= MAX_OFFERS) return false;
    this.#add(Transfer.take(this.#host, from, jingle, offer));
    return true;
  }

  #add(transfer: Transfer): void {
    this.transfers.value = [...this.transfers.value, transfer];
  }

  /** XEP-0030 §3: what a device can do, it says itself. */
  async #ask(jid: string): Promise<void> {
    if (this.#asked.has(jid)) return;
    this.#asked.add(jid);
    const { features = [] } = await this.#agent.getDiscoInfo(jid).catch(() => ({ features: [] }));
    const isAble = features.includes(FILE_TRANSFER) && features.includes(DATA_CHANNEL);
    if (this.#devices.value.has(jid)) this.#note(jid, isAble);
  }

  #note(jid: string, isAble: boolean | undefined): void {
    const known = this.#devices.value.get(jid);
    if (
      !jid.includes('/') ||
      jid === this.#router.self ||
      (known !== undefined && isAble === undefined)
    )
      return;
    this.#devices.value = new Map(this.#devices.value).set(jid, isAble);
  }

  #left(jid: string): void {
    const devices = new Map(this.#devices.value);
    this.#asked.delete(jid);
    if (devices.delete(jid)) this.#devices.value = devices;
  }
}
