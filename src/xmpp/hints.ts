import type { Stanza } from './stanza.ts';

const NS_HINTS = 'urn:xmpp:hints';

/** What a sender wishes to become of a message (XEP-0334 §4). */
export type Hint = 'store' | 'no-store' | 'no-permanent-store' | 'no-copy';

/** Whether a message bears the hint; what stands in an error is the failed message's (§5). */
export function hasHint(stanza: Stanza, hint: Hint): boolean {
  return stanza.type !== 'error' && stanza.has(hint, NS_HINTS);
}

/** Whether a message's child is a hint, of whatever kind. */
export function isHint({ xmlns }: { readonly xmlns: string }): boolean {
  return xmlns === NS_HINTS;
}
