import type { Element } from 'ltx';
import { NS } from './client.ts';
import { DOMAIN } from './server.ts';

/** A numbered message as it came to a device. */
export interface Received {
  readonly id: string;
  readonly stanzaId: string | null;
  readonly from: 'stream' | 'archive';
  readonly isError: boolean;
}

/** Reads a numbered message out of a stanza: itself, a copy (XEP-0280) or a result (XEP-0313). */
export function readReceived(stanza: Element, account: string): Received | null {
  const result = stanza.getChild('result', NS.mam);
  const copy = stanza.getChild('sent', NS.carbons) ?? stanza.getChild('received', NS.carbons);
  const own = `${account}@${DOMAIN}`;
  const from = stanza.attrs.from ?? own;
  // Anybody might forge these; then there is nothing in them (XEP-0280 §11, XEP-0313 §8).
  if ((result || copy) && from !== own) return null;
  const message = forwarded(result ?? copy) ?? stanza;
  const id = message.getChildText('body');
  if (id === null || !/^\w+:\w+:\d+$/.test(id)) return null;
  const isError = message.attrs.type === 'error';
  if (result) return { id, stanzaId: result.attrs.id, from: 'archive', isError };
  return { id, stanzaId: stanzaIdOf(message, own), from: 'stream', isError };
}

function forwarded(wrapper: Element | undefined): Element | undefined {
  return wrapper?.getChild('forwarded', NS.forward)?.getChild('message', 'jabber:client');
}

function stanzaIdOf(message: Element, by: string): string | null {
  const ids = message.getChildren('stanza-id', NS.sid).filter(({ attrs }) => attrs.by === by);
  if (ids.length > 1) throw new Error(`two stanza-ids: ${message}`);
  return ids[0]?.attrs.id ?? null;
}
