import type { Maybe } from '../../lib/maybe.ts';
import { OncePer } from '../../lib/once-per.ts';
import { type Element, serialize, xml } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import type { StreamFeature } from '../feature.ts';
import { SaslError, type SaslOffer, type SaslOutcome } from '../sasl/mechanism.ts';
import type { SaslProfile, SignIn, SignIns } from '../sasl/sign-in.ts';

/** Authentication with SASL (RFC 6120 §6). */
export function sasl(signIns: SignIns): StreamFeature {
  return {
    name: 'sasl',
    requires: [],
    forbids: ['authenticated'],
    accepts: ['auth', 'response', 'abort'].map((name) => ({ name, xmlns: NS.sasl })),

    offer(stream) {
      const offer = signIns.of(stream).offer();
      return offer.mechanisms.length > 0 ? writeOnce(offer) : null;
    },

    negotiate(stream, element) {
      const signIn = signIns.of(stream);
      return signIn.answer(profileOf(stream), () => take(signIn, element));
    },
  };
}

const written = new OncePer<SaslOffer, string>();

/** Streams in the same state are made one and the same offer. */
function writeOnce(offer: SaslOffer): string {
  return written.get(offer, '', () => {
    const names = offer.mechanisms.map(({ name }) => xml('mechanism', {}, name));
    return serialize(xml('mechanisms', { xmlns: NS.sasl }, ...names));
  });
}

function profileOf(stream: ClientStream): SaslProfile {
  return {
    name: 'SASL',
    challenge: (data) => xml('challenge', { xmlns: NS.sasl }, data.toString('base64')),
    failure: (condition) => xml('failure', { xmlns: NS.sasl }, xml(condition)),
    succeed(username, data) {
      stream.sendElement(xml('success', { xmlns: NS.sasl }, data.toString('base64')));
      stream.authenticated(username);
      return 'restart';
    },
  };
}

/** A new `<auth/>` takes the place of an exchange under way (RFC 6120 §6.4.2). */
function take(signIn: SignIn, element: Element): Maybe<SaslOutcome> {
  if (element.name === 'abort') throw new SaslError('aborted');
  if (element.name === 'auth') signIn.begin(element.attrs.mechanism);
  if (element.getChildElements().length > 0) throw new SaslError('malformed-request');
  const text = element.getText();
  if (element.name === 'auth' && text === '') return signIn.next(null);
  // An empty message is written as '=' where it would look like none.
  return signIn.next(text === '=' ? '' : text);
}
