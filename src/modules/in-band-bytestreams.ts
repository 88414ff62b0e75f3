import { z } from 'zod';
import type { Clock } from '../lib/clock.ts';
import { slot } from '../lib/token.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { size } from '../server/config/quantities.ts';
import type { Outgoing } from '../server/flow.ts';
import { defineModule } from '../server/module.ts';
import type { Stanza } from '../xmpp/stanza.ts';

const NS_IBB = 'http://jabber.org/protocol/ibb';
/** Seconds' worth of data that may pass at once. */
const BURST = 4;

const Pace = slot<TokenBucket>('pace of in-band bytestreams');

/**
 * XEP-0047 is between clients, and passes; but files take the way that messages take, so each
 * session has a rate. Whoever sends faster is read more slowly: nothing is lost, nobody gets an error.
 */
export default defineModule({
  name: 'in-band-bytestreams',
  summary: 'Holds files that pass as stanzas to a rate, so that messages get by.',
  config: z.strictObject({
    rate: size({ min: '1 KiB', max: '1 GiB' })
      .prefault('512 KiB')
      .describe('Of what one session sends in a second, as it is in its stanzas.'),
  }),
  setup({ config: { rate }, clock }) {
    const check = (stanza: Stanza, { session }: Outgoing) => {
      const bytes = dataIn(stanza);
      if (bytes === 0) return undefined;
      const now = clock.now();
      const limits = { perSecond: rate, burst: rate * BURST };
      const pace = session.kept(Pace, () => new TokenBucket(limits, now));
      const wait = pace.take(bytes, now);
      return wait > 0 ? after(wait, clock) : undefined;
    };
    return { flows: { outgoing: { iq: { check }, message: { check } } } };
  },
});

/** Bytes of data, in base64 as they are; XEP-0047 §2.2 has it in IQs, or in messages (§4). */
function dataIn({ content }: Stanza): number {
  const data = content.children.find(({ name, xmlns }) => name === 'data' && xmlns === NS_IBB);
  return data ? data.end - data.start : 0;
}

/** Those behind it wait too, and the client is read no further. */
function after(wait: number, clock: Clock): Promise<undefined> {
  return new Promise((resolve) => clock.after(wait, () => resolve(undefined)));
}
