import { xml } from '../../xml/element.ts';
import type { StreamFeature } from '../feature.ts';
import type { SignIns } from '../sasl/sign-in.ts';

const CHANNEL_BINDING = 'urn:xmpp:sasl-cb:0';

/** Names the channel bindings that the -PLUS mechanisms beside it may use (XEP-0440 §2). */
export function channelBinding(signIns: SignIns): StreamFeature {
  return {
    name: 'channel-binding',
    requires: ['secure'],
    forbids: ['authenticated'],
    accepts: [],

    offer(stream) {
      const types = signIns.of(stream).offer().bindingTypes;
      const offered = types.map((type) => xml('channel-binding', { type }));
      const attributes = { xmlns: CHANNEL_BINDING };
      return types.length > 0 ? xml('sasl-channel-binding', attributes, ...offered) : null;
    },

    negotiate: () => 'continue',
  };
}
