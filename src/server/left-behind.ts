import { outdatedCalls } from '../xmpp/calls.ts';
import { delay } from '../xmpp/delay.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';
import { isRequest, makeError, type Stanza } from '../xmpp/stanza.ts';
import type { Due } from './gate.ts';
import type { Host } from './host.ts';
import type { Sent } from './sent-stanzas.ts';

const NS_ARCHIVE = 'urn:xmpp:mam:2';
/** Messages of these types are of no use later, or their sender cannot be helped. */
const MOMENTARY: ReadonlySet<string> = new Set(['headline', 'groupchat', 'error']);

/**
 * What a session that has ended was to give its client: messages look for another
 * device, or wait for the next (XEP-0198 §4), and who has asked gets an answer. No
 * device rings by it for a call that is long over.
 */
export function handOn(host: Host, sent: readonly Sent[], held: readonly Due[], now: number): void {
  for (const { stanza } of held) stanza.content.root.keepers--;
  const left = [...sent, ...held.map((due) => ({ ...due, isAnswered: false }))];
  const messages = new Map(left.map((each) => [each.stanza, messageIn(each, host.domain)]));
  const outdated = outdatedCalls([...messages.values()], now);
  for (const { stanza, isAnswered } of left) {
    const message = messages.get(stanza);
    if (message && isMissed(stanza) && !outdated.has(message)) host.redeliver(message);
    else if (stanza.kind === 'iq' && isRequest(stanza) && !isAnswered) refuse(host, stanza);
  }
}

/** What is to be delivered in its place; null for what is of no use later. */
function messageIn({ stanza, at }: Due, domain: string): Stanza | null {
  if (stanza.kind !== 'message' || !isMissed(stanza)) return null;
  const message = stanza.content.copied ?? stanza;
  if (MOMENTARY.has(message.type) || message.has('result', NS_ARCHIVE)) return null;
  return delayed(message, domain, at);
}

/** Whether nobody else has got it, or is about to get it. */
function isMissed({ content: { root } }: Stanza): boolean {
  return !root.isSeen && root.keepers === 0;
}

/** With the time at which it was taken for the client (XEP-0203 §3), unless it tells one already. */
function delayed(message: Stanza, from: string, stamp: number): Stanza {
  if (message.has('delay', NS.delay)) return message;
  return message.edit({ append: [delay.encode({ from, stamp })] });
}

function refuse(host: Host, request: Stanza): void {
  if (request.from?.equals(host.jid)) return;
  const error = makeError(request, new StanzaError('service-unavailable'));
  if (error) host.send(error);
}
