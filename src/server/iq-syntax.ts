import { StanzaError } from '../xmpp/errors.ts';
import { isRequest, type Stanza } from '../xmpp/stanza.ts';

/** RFC 6120 §8.2.3: an id, a known type, and one child in a request. */
export function faultOfIq(iq: Stanza): StanzaError | null {
  if (iq.id === '') return new StanzaError('bad-request', 'an iq needs an id');
  if (isRequest(iq)) {
    const one = iq.content.children.length === 1;
    return one ? null : new StanzaError('bad-request', 'an iq request has exactly one child');
  }
  if (iq.type === 'result' || iq.type === 'error') return null;
  return new StanzaError('bad-request', 'the type of an iq is get, set, result or error');
}
