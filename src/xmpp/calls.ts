import type { FrameChild } from '../xml/frame.ts';
import { parseDateTime } from './date-time.ts';
import { NS } from './ns.ts';
import type { Stanza } from './stanza.ts';

/**
 * What a message says of a call, whichever protocol it speaks: `propose` makes devices ring,
 * the others but `ringing` make them stop, or tell that all is over.
 */
export type CallStep = 'propose' | 'ringing' | 'accept' | 'reject' | 'retract' | 'finish';

type Steps = Readonly<Record<string, CallStep>>;

/** XEP-0353 §3; the newer namespace was that of its versions 0.4 and 0.5, which had no `proceed`. */
const JINGLE_MESSAGES: Steps = {
  propose: 'propose',
  ringing: 'ringing',
  proceed: 'accept',
  accept: 'accept',
  reject: 'reject',
  retract: 'retract',
  finish: 'finish',
};

/** XEP-0482 §2; before it had that name a call was proposed and finished (Dino 0.4). */
const INVITES: Steps = {
  invite: 'propose',
  propose: 'propose',
  accept: 'accept',
  reject: 'reject',
  retract: 'retract',
  left: 'finish',
  finish: 'finish',
};

const PROTOCOLS: ReadonlyMap<string, Steps> = new Map([
  ['urn:xmpp:jingle-message:0', JINGLE_MESSAGES],
  ['urn:xmpp:jingle-message:1', JINGLE_MESSAGES],
  ['urn:xmpp:call-invites:0', INVITES],
  ['urn:xmpp:call-message:1', INVITES],
]);

export const NS_JINGLE = 'urn:xmpp:jingle:1';

/** How long devices ring, in milliseconds: nobody waits longer to be answered. */
const RINGING_TIME = 120_000;

/** What the message's first child of that kind says of a call; null where there is none. */
export function callStep(stanza: Stanza): CallStep | null {
  if (stanza.kind !== 'message' || stanza.type === 'error') return null;
  for (const child of stanza.content.children) {
    const step = stepOf(child);
    if (step) return step;
  }
  return null;
}

/**
 * The id of the call: that of the session (XEP-0353 §3.1), or of the invitation (XEP-0482
 * §3.1), which is the message's own unless it names another as its origin (XEP-0359 §3.1).
 */
export function callId(stanza: Stanza): string {
  const child = stanza.content.children.find((each) => stepOf(each) !== null);
  const id = child && stanza.child(child.name, child.xmlns)?.attrs.id;
  const origin = stanza.child('origin-id', NS.stanzaId)?.attrs.id;
  return id ?? origin ?? stanza.id;
}

/**
 * Which of the messages that have waited would make a device ring for a call that nobody is
 * in any more: proposed too long ago, and without a word of its end, which stops the ringing
 * at once and lets the device show that it was missed. The archive has them all (XEP-0353 §5).
 */
export function outdatedCalls(
  waited: readonly (Stanza | null)[],
  now: number,
): ReadonlySet<Stanza> {
  const calls = waited.filter((stanza) => stanza !== null && isOld(stanza, now)) as Stanza[];
  if (calls.length === 0) return new Set();
  const ended = new Set(
    waited.flatMap((stanza) => (stanza && isEnd(stanza) ? callId(stanza) : [])),
  );
  return new Set(calls.filter((call) => !ended.has(callId(call))));
}

/** Whether it proposes a call, and says by its delay (XEP-0203) that it did so long ago. */
function isOld(stanza: Stanza, now: number): boolean {
  if (callStep(stanza) !== 'propose') return false;
  const stamp = parseDateTime(stanza.child('delay', NS.delay)?.attrs.stamp ?? '');
  return stamp !== null && now - stamp > RINGING_TIME;
}

function isEnd(stanza: Stanza): boolean {
  const step = callStep(stanza);
  return step !== null && step !== 'propose' && step !== 'ringing';
}

function stepOf({ name, xmlns }: FrameChild): CallStep | null {
  const steps = PROTOCOLS.get(xmlns);
  return (steps && Object.hasOwn(steps, name) && steps[name]) || null;
}
