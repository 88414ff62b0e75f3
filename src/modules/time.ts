import { defineModule } from '../server/module.ts';
import { Element } from '../xml/element.ts';
import { formatDateTime } from '../xmpp/date-time.ts';

const NS_TIME = 'urn:xmpp:time';

/** XEP-0202. The server keeps its time in UTC and says so. */
export default defineModule({
  name: 'time',
  summary: "Tells the server's time.",
  implements: [{ xep: 202, version: '2.0', status: 'complete' }],
  setup: ({ clock }) => ({
    features: { host: [NS_TIME] },
    iq: [
      {
        type: 'get',
        name: 'time',
        xmlns: NS_TIME,
        target: 'host',
        answer() {
          const time = new Element('time', { xmlns: NS_TIME });
          time.c('tzo').t('+00:00');
          time.c('utc').t(formatDateTime(clock.now()));
          return time;
        },
      },
    ],
  }),
});
