import { resolveReference } from '../../../xml/references.ts';
import type { MessageReference } from '../../archive-port.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Sixteen bits that lead to the messages of a sender and an id; which of them it is, their text
 * tells. Null for a message without id, which nothing can refer to.
 */
export function hashReference(sender: string, reference: string): number | null {
  if (reference === '') return null;
  const text = `${sender} ${reference}`;
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  }
  return ((hash ^ (hash >>> 16)) << 16) >> 16;
}

/** Whether the stanza is of that sender and has that id: a hash alone could be somebody else's. */
export function isReferenced(stanza: string, { sender, reference }: MessageReference): boolean {
  const { from = '', id } = addressing(stanza);
  return id === reference && bareOf(from) === sender;
}

/** Whether the stanza comes from that full JID, or went to it. */
export function isFromOrTo(stanza: string, jid: string): boolean {
  const { from, to } = addressing(stanza);
  return from === jid || to === jid;
}

/** The bare JIDs that the stanza comes from and goes to. */
export function addressesOf(stanza: string): string[] {
  const { from = '', to = '' } = addressing(stanza);
  return [...new Set([bareOf(from), bareOf(to)])];
}

/** The bare JID of a JID, which the text is. */
export function bareOf(jid: string): string {
  const slash = jid.indexOf('/');
  return slash < 0 ? jid : jid.slice(0, slash);
}

interface Addressing {
  from?: string;
  to?: string;
  id?: string;
}

/** What the start tag says; the text is well-formed, since the server wrote it. */
function addressing(stanza: string): Addressing {
  const found: Addressing = {};
  const attribute = /\s+([^\s=]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/y;
  attribute.lastIndex = stanza.search(/[\s/>]/);
  for (let match = attribute.exec(stanza); match; match = attribute.exec(stanza)) {
    const [, name, single, double] = match;
    if (name === 'from' || name === 'to' || name === 'id') found[name] = decode(single ?? double!);
  }
  return found;
}

function decode(value: string): string {
  if (!value.includes('&')) return value;
  return value.replace(/&([^;]+);/g, (_, name: string) => resolveReference(name));
}
