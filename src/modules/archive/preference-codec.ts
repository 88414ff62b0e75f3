import type { ArchivePreferences } from '../../storage/archive-port.ts';
import type { Element } from '../../xml/element.ts';
import { attr, child, element, optional, repeated, text } from '../../xmpp/codec.ts';
import { jid, oneOf } from '../../xmpp/codec-values.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { Jid } from '../../xmpp/jid.ts';
import { NS_MAM } from './namespace.ts';

/** Addresses that an account may name in its preferences. */
const MAX_JIDS = 1000;

const item = element(NS_MAM, 'jid', { jid: text(jid) });
const always = element(NS_MAM, 'always', { items: repeated(item) });
const never = element(NS_MAM, 'never', { items: repeated(item) });
const prefs = element(NS_MAM, 'prefs', {
  default: attr(oneOf('always', 'roster', 'never')),
  always: optional(child(always)),
  never: optional(child(never)),
});

/**
 * XEP-0441 §2.1. Throws `StanzaError`: bad-request for what are no preferences,
 * resource-constraint for too many addresses.
 */
export function decodePreferences(payload: Element): ArchivePreferences {
  const decoded = prefs.decode(payload);
  const preferences = {
    default: decoded.default,
    always: addresses(decoded.always?.items),
    never: addresses(decoded.never?.items),
  };
  if (preferences.always.length + preferences.never.length > MAX_JIDS) {
    throw new StanzaError('resource-constraint', `at most ${MAX_JIDS} addresses`);
  }
  return preferences;
}

/** Both lists are there, even if empty (§2.1). */
export function encodePreferences({ default: rule, ...lists }: ArchivePreferences): Element {
  const root = prefs.encode({ default: rule });
  for (const name of ['always', 'never'] as const) {
    const list = root.c(name);
    for (const address of lists[name]) list.c('jid').t(address);
  }
  return root;
}

/** Each once. */
function addresses(items: readonly { readonly jid: Jid }[] = []): string[] {
  return [...new Set(items.map((each) => each.jid.toString()))];
}
