import { isUnambiguous, verOf } from '../../xmpp/capabilities.ts';
import {
  type DiscoIdentity,
  type DiscoInfo,
  decodeDiscoInfo,
  NS_DISCO_INFO,
} from '../../xmpp/disco-info.ts';
import { NS_FORMS } from '../../xmpp/forms.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import type { Announced } from './announced.ts';

/** What a client is and can do. One object may stand for many sessions. */
export interface Capabilities {
  readonly identities: readonly DiscoIdentity[];
  readonly features: ReadonlySet<string>;
}

/** What an answer has brought; `isShared` where it counts for all who announce the same. */
export interface Finding {
  readonly capabilities: Capabilities;
  readonly isShared: boolean;
}

/** Bytes of an answer, and parts of a kind in it, that are worth reading. */
const MAX_BYTES = 16_384;
const MAX_FEATURES = 256;
const MAX_IDENTITIES = 16;
const MAX_FORMS = 8;

/**
 * Reads a client's answer to disco#info (XEP-0115 §5.4). What cannot be checked
 * counts for that client alone. Null for an error, and for an answer that is none
 * or too large.
 */
export function judge(announced: Announced, answer: Stanza): Finding | null {
  const { contentStart, contentEnd } = answer.content;
  if (answer.type !== 'result' || contentEnd - contentStart > MAX_BYTES) return null;
  const query = answer.child('query', NS_DISCO_INFO);
  if (!query || query.getChildren('x', NS_FORMS).length > MAX_FORMS) return null;
  const info = decodeDiscoInfo(query);
  if (info.features.length > MAX_FEATURES || info.identities.length > MAX_IDENTITIES) return null;
  const capabilities = { identities: info.identities, features: new Set(info.features) };
  return { capabilities, isShared: isProven(announced, info) };
}

function isProven({ hash, ver }: Announced, info: DiscoInfo): boolean {
  return hash !== null && verOf(info, hash) === ver && isUnambiguous(info);
}
