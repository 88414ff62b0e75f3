import type { Maybe } from '../../lib/maybe.ts';
import { type Element, xml } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import type { StreamFeature } from '../feature.ts';
import { SaslError, type SaslOutcome } from '../sasl/mechanism.ts';
import type { SaslProfile, SignIn, SignIns } from '../sasl/sign-in.ts';

/** Authentication with SASL (RFC 6120 §6). */
export function sasl(signIns: SignIns): StreamFeature {
  return {
    name: 'sasl',
    requires: [],
    forbids: ['authenticated'],
    accepts: ['auth', 'response', 'abort'].map((name) => ({ name, xmlns: NS.sasl })),

    offer(stream) {
      const { mechanisms } = signIns.of(stream).offer();
      const offered = mechanisms.map(({ name }) => xml('mechanism', {}, name));
      return offered.length > 0 ? xml('mechanisms', { xmlns: NS.sasl }, ...offered) : null;
    },

    negotiate(stream, element) {
      const signIn = signIns.of(stream);
      return signIn.answer(profileOf(stream), () => take(signIn, element));
    },
  };
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
