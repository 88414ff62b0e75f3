import { until } from '../../interop/support/poll.ts';
import type { Person } from './person.ts';

declare global {
  interface Window {
    /** Every connection that the page has made. */
    connections: RTCPeerConnection[];
    clickedAt: number;
  }
}

/** Runs in the page before its own scripts: keeps its connections where the tests find them. */
export const WATCHED = `{
  const Connection = RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Connection {
    constructor(configuration) {
      super(configuration);
      window.connections.push(this);
    }
  };
  addEventListener('click', () => { window.clickedAt = Date.now(); }, true);
}`;

export type Medium = 'audio' | 'video';

/** Samples of half a second, and frames. */
const ENOUGH = { audio: 24_000, video: 3 };

/** What the page has decoded (video) or played (audio) of the peer's by now. */
export async function decoded({ page }: Person, kind: Medium): Promise<number> {
  return await page.evaluate(async (wanted) => {
    const connection = window.connections.at(-1);
    const stats = connection ? [...(await connection.getStats()).values()] : [];
    const own = stats.filter((each) => each.type === 'inbound-rtp' && each.kind === wanted);
    return own.reduce((sum, each) => {
      const heard = (each.totalSamplesReceived ?? 0) - (each.concealedSamples ?? 0);
      return sum + (wanted === 'video' ? each.framesDecoded : heard);
    }, 0);
  }, kind);
}

/** Waits until the peer reports that it gets our packets: RFC 3550 §6.4.2. */
export async function isHeard({ name, page }: Person, kind: Medium): Promise<void> {
  await until(`a report of ${kind} that ${name} sends`, () =>
    page.evaluate(async (wanted) => {
      const stats = (await window.connections.at(-1)?.getStats()) ?? new Map();
      return [...stats.values()].some(
        (each) => each.type === 'remote-inbound-rtp' && each.kind === wanted,
      );
    }, kind),
  );
}

/** Waits until more of the peer's is decoded than there was: it really flows. */
export async function flows(person: Person, kind: Medium): Promise<void> {
  const before = await decoded(person, kind);
  await until(`${person.name} decodes more ${kind} than ${before}`, async () => {
    return (await decoded(person, kind)) > before + ENOUGH[kind];
  });
}

/** The kinds of candidates (RFC 8445 §5.1.1) that the connection uses, ours first. */
export async function pathOf({ page }: Person): Promise<readonly string[]> {
  return await page.evaluate(async () => {
    const stats = (await window.connections.at(-1)?.getStats()) ?? new Map();
    const all = [...stats.values()];
    const transport = all.find(({ type }) => type === 'transport');
    const pair = stats.get(transport?.selectedCandidatePairId ?? '');
    const ends = [pair?.localCandidateId, pair?.remoteCandidateId];
    return ends.map((id) => String(stats.get(id)?.candidateType));
  });
}

/** What the page sends pictures from, by the browser's name for it; '' for nothing. */
export async function pictureSource({ page }: Person): Promise<string> {
  return await page.evaluate(() => {
    const senders = window.connections.at(-1)?.getSenders() ?? [];
    return senders.find(({ track }) => track?.kind === 'video')?.track?.label ?? '';
  });
}

/** When the page has decoded the first frame of its newest connection, in milliseconds. */
export async function firstFrame({ page }: Person): Promise<number> {
  return await page.evaluate(async () => {
    for (;;) {
      const stats = (await window.connections.at(-1)?.getStats()) ?? new Map();
      const isThere = [...stats.values()].some(({ framesDecoded }) => framesDecoded > 0);
      if (isThere) return Date.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
}

export async function clickedAt({ page }: Person): Promise<number> {
  return await page.evaluate(() => window.clickedAt);
}
