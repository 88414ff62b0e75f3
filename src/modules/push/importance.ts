import { callStep } from '../../xmpp/calls.ts';
import { hasHint } from '../../xmpp/hints.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** What is in place of a body, where only the recipient can read it (XEP-0380, XEP-0384, XEP-0373, XEP-0027). */
const ENCRYPTED: ReadonlySet<string> = new Set([
  'encryption urn:xmpp:eme:0',
  'encrypted eu.siacs.conversations.axolotl',
  'encrypted urn:xmpp:omemo:1',
  'encrypted urn:xmpp:omemo:2',
  'openpgp urn:xmpp:openpgp:0',
  'x jabber:x:encrypted',
]);

/** What makes devices ring, or stop, for a call (XEP-0353 §3, XEP-0482 §2). */
export type CallNews = 'calls' | 'stops' | null;

/** What a message that comes means to devices that sleep: somebody calls, or does so no more. */
export function callNews(stanza: Stanza): CallNews {
  const step = callStep(stanza);
  if (step === 'propose') return 'calls';
  return step === 'retract' ? 'stops' : null;
}

/** Whether a message of one's own tells the other devices that one of them has taken the call, or refused it. */
export function answersCall(stanza: Stanza): boolean {
  const step = callStep(stanza);
  return step === 'accept' || step === 'reject';
}

/**
 * Whether people are to be told of a message at once: it says something, or somebody
 * calls, or does so no more. Chat states, receipts, markers and errors are none of that, nor is what its
 * sender wants nobody to keep (XEP-0334 §4.2).
 */
export function isWorthNotice(stanza: Stanza): boolean {
  if (stanza.kind !== 'message' || stanza.type === 'error' || stanza.type === 'headline') {
    return false;
  }
  if (callNews(stanza)) return true;
  if (hasHint(stanza, 'no-store')) return false;
  const names = stanza.content.children.map(({ name, xmlns }) => `${name} ${xmlns}`);
  return stanza.has('body', NS.client) || names.some((name) => ENCRYPTED.has(name));
}
