import { callId, callStep, RINGING_TIME } from '../../xmpp/calls.ts';
import { parseDateTime } from '../../xmpp/date-time.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

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
