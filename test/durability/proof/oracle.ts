import { Crashes } from './crashes.ts';
import type { Fact, History, Message } from './history.ts';
import { judgeArchives } from './oracle-archives.ts';
import { type DevicesVerdict, judgeDevices } from './oracle-devices.ts';

export const VIOLATIONS = [
  'lost',
  'doubled in an archive',
  'in one archive of two',
  'stored against its mark',
  'never sent',
  'repeated without a kill',
  'repeated under another stanza-id',
  'reordered',
  'not resumed',
  'amiss',
  'nothing proven',
] as const;

export interface Violation {
  readonly kind: (typeof VIOLATIONS)[number];
  /** The message that it is about, or null. */
  readonly id: string | null;
  readonly text: string;
}

export interface Counts {
  readonly kills: number;
  readonly restarts: number;
  readonly fullDisks: number;
  readonly cuts: number;
  readonly clockMoves: number;
  readonly resumptions: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly archived: number;
  /** Deliveries to devices, whatever way. */
  readonly heard: number;
  /** Pairs of an acknowledged message and a device of which nothing could be asked. */
  readonly notOwed: number;
  readonly repeatsAfterKills: number;
  /** On devices without stream management, of which the server cannot know what has arrived. */
  readonly repeatsAfterCuts: number;
  /** Of what came to a device that had closed its stream, and could acknowledge it no more. */
  readonly repeatsAfterLeaving: number;
}

export interface Verdict {
  readonly counts: Counts;
  readonly violations: readonly Violation[];
}

/** The facts in the shape in which they are asked about. */
export interface Indexed {
  readonly history: History;
  readonly crashes: Crashes;
  /** By id. */
  readonly messages: ReadonlyMap<string, Message>;
  /** Where in the history it was sent, by id. */
  readonly sentAt: ReadonlyMap<string, number>;
  /** Where in the history it was first acknowledged, by id. */
  readonly acknowledgedAt: ReadonlyMap<string, number>;
}

/**
 * Says whether the server has kept its word: what it acknowledged is in both archives once and in
 * order, and has reached every device.
 */
export function judge(history: History): Verdict {
  const indexed = index(history);
  const archives = judgeArchives(indexed);
  const devices = judgeDevices(indexed);
  const violations = [...archives, ...devices.violations, ...direct(indexed)];
  const counts = count(indexed, devices);
  if (counts.acknowledged === 0 || counts.heard === 0) {
    const text = `${counts.acknowledged} messages were acknowledged, ${counts.heard} heard`;
    violations.push({ kind: 'nothing proven', id: null, text });
  }
  return { counts, violations };
}

function index(history: History): Indexed {
  const messages = new Map<string, Message>();
  const sentAt = new Map<string, number>();
  const acknowledgedAt = new Map<string, number>();
  for (const [at, fact] of history.facts.entries()) {
    if (fact.kind === 'sent') {
      messages.set(fact.message.id, fact.message);
      sentAt.set(fact.message.id, at);
    } else if (fact.kind === 'acknowledged' && !acknowledgedAt.has(fact.id)) {
      acknowledgedAt.set(fact.id, at);
    }
  }
  return { history, crashes: new Crashes(history.facts), messages, sentAt, acknowledgedAt };
}

/** What needs no comparison: clients saw it happen. */
function direct({ history: { facts }, crashes, messages }: Indexed): Violation[] {
  const violations: Violation[] = [];
  const bound = new Map<string, number>();
  for (const [at, fact] of facts.entries()) {
    if (fact.kind === 'bound') bound.set(fact.device, at);
    if (fact.kind === 'amiss') {
      const id = /\w+:\w+:\d+/.exec(fact.what)?.[0] ?? null;
      violations.push({ kind: 'amiss', id, text: `${fact.device}: ${fact.what}` });
    }
    // What is stored nowhere comes back from where nobody is (RFC 6121 §8.5.2.2.1).
    if (fact.kind === 'bounced' && !messages.get(fact.id)?.isVolatile) {
      const text = `${fact.id} came back to ${fact.device} as an error`;
      violations.push({ kind: 'amiss', id: fact.id, text });
    }
    if (fact.kind !== 'refused') continue;
    if (!crashes.overlap(bound.get(fact.device) ?? 0, at)) {
      const text = `${fact.device} was refused its session, though nothing had been killed`;
      violations.push({ kind: 'not resumed', id: null, text });
    }
  }
  return violations;
}

function count({ history, messages, acknowledgedAt }: Indexed, devices: DevicesVerdict): Counts {
  const of = (...kinds: Fact['kind'][]) =>
    history.facts.filter(({ kind }) => kinds.includes(kind)).length;
  const archives = [...(history.archives?.values() ?? [])];
  return {
    kills: of('killed'),
    restarts: of('stopped'),
    fullDisks: of('full'),
    cuts: of('cut'),
    clockMoves: of('clock'),
    resumptions: of('resumed'),
    sent: messages.size,
    acknowledged: acknowledgedAt.size,
    archived: archives.reduce((sum, entries) => sum + entries.length, 0),
    heard: of('heard'),
    notOwed: devices.notOwed,
    repeatsAfterKills: devices.repeatsAfterKills,
    repeatsAfterCuts: devices.repeatsAfterCuts,
    repeatsAfterLeaving: devices.repeatsAfterLeaving,
  };
}
