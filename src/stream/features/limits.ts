import type { StreamFeature } from '../feature.ts';

const LIMITS = 'urn:xmpp:stream-limits:0';

/** Tells the client what the stream bears (XEP-0478 §3.1). */
export const limits: StreamFeature = {
  name: 'limits',
  requires: [],
  forbids: [],
  accepts: [],

  offer(stream) {
    const { afterLogin, beforeLogin, idleTimeout } = stream.host.policy;
    const { bytes } = stream.has('authenticated') ? afterLogin : beforeLogin;
    const seconds = Math.floor(idleTimeout / 1000);
    return (
      `<limits xmlns="${LIMITS}"><max-bytes>${bytes}</max-bytes>` +
      `<idle-seconds>${seconds}</idle-seconds></limits>`
    );
  },

  negotiate: () => 'continue',
};
