export const JINGLE = 'urn:xmpp:jingle:1';
export const JINGLE_MESSAGE = 'urn:xmpp:jingle-message:0';
export const CALL_INVITES = 'urn:xmpp:call-invites:0';
const STORE = "<store xmlns='urn:xmpp:hints'/>";

/** An id as clients make them. */
export const CALL = 'ca3cf894-5325-482f-a412-a6e9f832298d';

/** A step of XEP-0353 in a message, as clients send it. */
export function says(step: string, to: unknown, { id = CALL, type = 'chat', hint = STORE } = {}) {
  const content =
    step === 'propose' ? "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/>" : '';
  const kind = type ? ` type='${type}'` : '';
  return `<message to='${to}'${kind}>${jmi(step, id, content)}${hint}</message>`;
}

/** The element of a step, as it is in every copy. */
export function jmi(step: string, id = CALL, content = ''): string {
  return `<${step} xmlns='${JINGLE_MESSAGE}' id='${id}'>${content}</${step}>`;
}

/** A step as it comes. */
export function hears(step: string, from: unknown, id = CALL): string {
  return `<message from='${from}' type='chat'>${jmi(step, id)}</message>`;
}

/** A Jingle request (XEP-0166 §6). */
export function jingle(action: string, to: unknown, { id = 'j', sid = CALL } = {}): string {
  return `<iq type='set' id='${id}' to='${to}'><jingle xmlns='${JINGLE}' action='${action}' sid='${sid}'/></iq>`;
}
