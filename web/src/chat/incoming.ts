import type { Stanzas } from 'stanza';
import type {} from './elements.ts';
import { bareOf } from './jid.ts';
import type { Arrival } from './timeline.ts';

/** What one message stanza means for the conversation that it belongs to. */
export type Happening =
  | { readonly kind: 'message'; readonly arrival: Arrival }
  | { readonly kind: 'correction'; readonly id: string; readonly body: string }
  | { readonly kind: 'retraction'; readonly id: string }
  | { readonly kind: 'received'; readonly id: string }
  | { readonly kind: 'displayed'; readonly id: string }
  | { readonly kind: 'chat-state'; readonly isComposing: boolean }
  | { readonly kind: 'refused'; readonly id: string };

/** A stanza of one conversation, and all that it means. */
export interface Incoming {
  /** Bare. */
  readonly peer: string;
  readonly isOwn: boolean;
  readonly time: number;
  /** The stanza's own id. */
  readonly id: string;
  /** Whether the sender wants to hear that it has arrived (XEP-0184 §5). */
  readonly wantsReceipt: boolean;
  readonly happenings: readonly Happening[];
}

/** What is known of a stanza besides what it says. */
export interface Circumstances {
  /** One's own bare JID. */
  readonly own: string;
  /** In one's own archive; null where it is to be read from the stanza. */
  readonly archiveId: string | null;
  /** Milliseconds since 1970, for a stanza that does not say when it was sent. */
  readonly now: number;
}

const NS_RETRACT = 'urn:xmpp:message-retract:1';

/** Reads a message of a one-to-one conversation; null for all others. */
export function readIncoming(
  message: Stanzas.Message,
  { own, archiveId, now }: Circumstances,
): Incoming | null {
  const from = bareOf(message.from ?? own);
  const to = bareOf(message.to ?? own);
  const type = message.type ?? 'normal';
  if (type === 'groupchat' || type === 'headline') return null;
  const isOwn = from === own;
  const peer = isOwn ? to : from;
  const id = message.id ?? '';
  const base = { peer, isOwn, time: message.delay?.timestamp.getTime() ?? now, id };
  if (type === 'error') {
    return { ...base, wantsReceipt: false, happenings: [{ kind: 'refused', id }] };
  }
  return {
    ...base,
    wantsReceipt: !isOwn && message.receipt?.type === 'request' && id !== '',
    happenings: [
      ...contentOf(message, base, archiveId ?? archiveIdOf(message, own)),
      ...signalsOf(message),
    ],
  };
}

function contentOf(
  message: Stanzas.Message,
  { isOwn, time, id }: Pick<Incoming, 'isOwn' | 'time' | 'id'>,
  archiveId: string | null,
): Happening[] {
  const { body = '', replace, retract, retracted } = message;
  if (retract) return [{ kind: 'retraction', id: retract }];
  if (message.fallbackFor === NS_RETRACT) return [];
  if (replace) return [{ kind: 'correction', id: replace, body }];
  const isRetracted = retracted !== undefined;
  if (body === '' && !isRetracted) return [];
  const file = fileOf(message, body);
  const isMarkable = message.marker?.type === 'markable';
  const arrival = { id, archiveId, isOwn, time, body, file, isRetracted, isMarkable };
  return [{ kind: 'message', arrival }];
}

/** A file is its address, in the body as well for those who know nothing of it (XEP-0066 §3). */
function fileOf({ links = [] }: Stanzas.Message, body: string): string | null {
  const url = links[0]?.url;
  return url !== undefined && url === body ? url : null;
}

function signalsOf({ receipt, marker, chatState }: Stanzas.Message): Happening[] {
  const found: Happening[] = [];
  if (receipt?.type === 'received' && receipt.id) found.push({ kind: 'received', id: receipt.id });
  if (marker?.type === 'displayed' && marker.id) found.push({ kind: 'displayed', id: marker.id });
  if (chatState) found.push({ kind: 'chat-state', isComposing: chatState === 'composing' });
  return found;
}

/** The server removes ids by its accounts that others have put into a message (XEP-0359 §6). */
function archiveIdOf({ stanzaIds = [] }: Stanzas.Message, own: string): string | null {
  return stanzaIds.find(({ by }) => by === own)?.id ?? null;
}
