import { announcement, isKnownHash } from '../../xmpp/capabilities.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** Characters that are worth repeating in a question. */
const MAX_NODE = 1000;
const MAX_VER = 200;

/** What a client's presence says of its capabilities (XEP-0115 §6.1). */
export interface Announced {
  /** The same for all who announce the same, where it can be checked. */
  readonly key: string;
  /** One that an answer can be checked against; null where there is none (§5.4). */
  readonly hash: string | null;
  readonly ver: string;
  /** What to ask for (§6.2). */
  readonly node: string;
}

/** Null for presence that says nothing, or too much, of it. */
export function readAnnounced(presence: Stanza): Announced | null {
  const element = presence.child(announcement.name, announcement.xmlns);
  if (!element) return null;
  const { hash = '', node: program = '', ver = '' } = announcement.decode(element);
  if (program === '' || ver === '' || hash.length > MAX_VER) return null;
  if (program.length > MAX_NODE || ver.length > MAX_VER) return null;
  const node = `${program}#${ver}`;
  return isKnownHash(hash)
    ? { key: `${hash} ${ver}`, hash, ver, node }
    : { key: `${hash} ${node}`, hash: null, ver, node };
}
