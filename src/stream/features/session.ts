import { serialize, xml } from '../../xml/element.ts';
import { StreamError } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';
import type { StreamFeature } from '../feature.ts';

const OFFER = serialize(xml('session', { xmlns: NS.session }, xml('optional')));

/**
 * Sessions as RFC 3921 §3 had them. They mean nothing any more, yet older
 * clients ask for one after binding.
 */
export const session: StreamFeature = {
  name: 'session',
  requires: ['authenticated'],
  forbids: [],
  accepts: [{ name: 'session', xmlns: NS.session, inIq: 'set' }],
  offer: () => OFFER,

  negotiate(stream, iq) {
    if (!stream.has('bound')) throw new StreamError('not-authorized');
    stream.answer(iq);
    return 'continue';
  },
};
