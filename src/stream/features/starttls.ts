import { xml } from '../../xml/element.ts';
import { StreamError } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';
import { mayLogInUnencrypted } from '../encryption-policy.ts';
import type { StreamFeature } from '../feature.ts';

/** TLS on a stream that began in clear text (RFC 6120 §5). */
export const starttls: StreamFeature = {
  name: 'starttls',
  requires: [],
  forbids: ['secure', 'authenticated'],
  accepts: [{ name: 'starttls', xmlns: NS.tls }],

  offer(stream) {
    if (!stream.host.secureContext || !stream.connection.takesStartTls) return null;
    const offer = xml('starttls', { xmlns: NS.tls });
    if (!mayLogInUnencrypted(stream)) offer.append(xml('required'));
    return offer;
  },

  negotiate(stream) {
    if (!stream.connection.takesStartTls) throw new StreamError('not-authorized');
    if (stream.host.secureContext) {
      stream.sendElement(xml('proceed', { xmlns: NS.tls }));
      return 'secure';
    }
    stream.sendElement(xml('failure', { xmlns: NS.tls }));
    stream.close();
    return 'continue';
  },
};
