import { defineModule } from '../server/module.ts';
import { childText, element } from '../xmpp/codec.ts';
import { dateTime, string } from '../xmpp/codec-values.ts';

const time = element('urn:xmpp:time', 'time', {
  tzo: childText(string),
  utc: childText(dateTime),
});

/** XEP-0202. The server keeps its time in UTC and says so. */
export default defineModule({
  name: 'time',
  summary: "Tells the server's time.",
  implements: [{ xep: 202, version: '2.0', status: 'complete' }],
  setup: ({ clock }) => ({
    features: { host: [time.xmlns] },
    iq: [
      {
        type: 'get',
        name: time.name,
        xmlns: time.xmlns,
        target: 'host',
        answer: () => time.encode({ tzo: '+00:00', utc: clock.now() }),
      },
    ],
  }),
});
