import { delay } from '../xmpp/delay.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { NS } from '../xmpp/ns.ts';
import { isRequest, makeError, type Stanza } from '../xmpp/stanza.ts';
import type { Host } from './host.ts';
import type { Sent } from './sent-stanzas.ts';

const NS_ARCHIVE = 'urn:xmpp:mam:2';
/** Messages of these types are of no use later, or their sender cannot be helped. */
const MOMENTARY: ReadonlySet<string> = new Set(['headline', 'groupchat', 'error']);

/**
 * What a session that has ended was to give its client: messages look for another
 * device, or wait for the next (XEP-0198 §4), and who has asked gets an answer.
 */
export function handOn(host: Host, sent: readonly Sent[], held: readonly Stanza[]): void {
  for (const stanza of held) stanza.content.root.keepers--;
  for (const { stanza, at, isAnswered } of sent) {
    if (stanza.kind === 'message') passOn(host, stanza, at);
    else if (stanza.kind === 'iq' && isRequest(stanza) && !isAnswered) refuse(host, stanza);
  }
  for (const stanza of held) if (stanza.kind === 'message') passOn(host, stanza, null);
}

/** Not what somebody else has got, or is about to get. */
function passOn(host: Host, stanza: Stanza, at: number | null): void {
  const { root } = stanza.content;
  if (root.isSeen || root.keepers > 0) return;
  const message = stanza.content.copied ?? stanza;
  if (MOMENTARY.has(message.type) || message.has('result', NS_ARCHIVE)) return;
  host.redeliver(at === null ? message : delayed(message, host.domain, at));
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
