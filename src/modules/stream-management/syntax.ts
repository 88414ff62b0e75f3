import { NS_SM } from '../../server/stream-management.ts';
import { type Element, xml } from '../../xml/element.ts';
import type { StanzaErrorCondition } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';

/** Bytes that the id of a session may have (XEP-0198 §5). */
const MAX_ID = 4000;
const MAX_H = 2 ** 32 - 1;

export interface ResumeRequest {
  readonly id: string;
  readonly h: number;
}

/** What a client wants with `<enable/>` (XEP-0198 §3). */
export interface EnableRequest {
  readonly wantsResumption: boolean;
  /** Milliseconds for which it would like to be able to come back; null for no preference. */
  readonly hold: number | null;
}

/** A number of stanzas (XEP-0198 §4); null for what is none. */
export function readH({ attrs: { h } }: Element): number | null {
  return typeof h === 'string' && /^\d{1,10}$/.test(h) && Number(h) <= MAX_H ? Number(h) : null;
}

/** Null for what is no request. */
export function readResume(element: Element): ResumeRequest | null {
  const h = readH(element);
  const { previd } = element.attrs;
  const isId = typeof previd === 'string' && previd !== '' && previd.length <= MAX_ID;
  return isId && h !== null ? { id: previd, h } : null;
}

export function readEnable({ attrs: { resume, max } }: Element): EnableRequest {
  const seconds = typeof max === 'string' && /^\d{1,9}$/.test(max) ? Number(max) : null;
  return { wantsResumption: resume === 'true' || resume === '1', hold: seconds && seconds * 1000 };
}

/** `hold` in milliseconds. */
export function enabled(id: string, hold: number): Element {
  if (id === '') return xml('enabled', { xmlns: NS_SM });
  const max = String(Math.floor(hold / 1000));
  return xml('enabled', { xmlns: NS_SM, id, resume: 'true', max });
}

export function resumed(id: string, h: number): Element {
  return xml('resumed', { xmlns: NS_SM, previd: id, h: String(h) });
}

/** XEP-0198 §6; `h` where something is known of the former session (§5). */
export function refused(condition: StanzaErrorCondition, h: number | null = null): Element {
  const attrs = h === null ? {} : { h: String(h) };
  return xml('failed', { xmlns: NS_SM, ...attrs }, xml(condition, { xmlns: NS.stanzaErrors }));
}
