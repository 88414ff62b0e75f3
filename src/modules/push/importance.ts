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
/** Somebody calls (XEP-0353 §3.1). */
const CALLS: ReadonlySet<string> = new Set([
  'propose urn:xmpp:jingle-message:0',
  'propose urn:xmpp:jingle-message:1',
]);

/**
 * Whether people are to be told of a message at once: it says something, or somebody
 * calls. Chat states, receipts, markers and errors are none of that, nor is what its
 * sender wants nobody to keep (XEP-0334 §4.2).
 */
export function isWorthNotice(stanza: Stanza): boolean {
  if (stanza.kind !== 'message' || stanza.type === 'error' || stanza.type === 'headline') {
    return false;
  }
  const names = stanza.content.children.map(({ name, xmlns }) => `${name} ${xmlns}`);
  if (names.some((name) => CALLS.has(name))) return true;
  if (hasHint(stanza, 'no-store')) return false;
  return stanza.has('body', NS.client) || names.some((name) => ENCRYPTED.has(name));
}
