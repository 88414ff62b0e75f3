import { xml } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import { mayLogInUnencrypted } from '../encryption-policy.ts';
import type { StreamFeature } from '../feature.ts';

/** TLS on a stream that began in clear text (RFC 6120 §5). */
export const starttls: StreamFeature = {
  name: 'starttls',
  requires: [],
  forbids: ['secure', 'authenticated'],
  accepts: [{ name: 'starttls', xmlns: NS.tls }],

  offer(stream) {
    if (!canSecure(stream)) return null;
    const offer = xml('starttls', { xmlns: NS.tls });
    if (!mayLogInUnencrypted(stream)) offer.append(xml('required'));
    return offer;
  },

  negotiate(stream) {
    if (canSecure(stream)) {
      stream.sendElement(xml('proceed', { xmlns: NS.tls }));
      return 'secure';
    }
    stream.sendElement(xml('failure', { xmlns: NS.tls }));
    stream.close();
    return 'continue';
  },
};

/** Where there is no stream of bytes, TLS is below (RFC 7395 §3.8, XEP-0206 §2). */
function canSecure({ host, connection }: ClientStream): boolean {
  return host.secureContext !== null && connection.contentXmlns === '';
}
