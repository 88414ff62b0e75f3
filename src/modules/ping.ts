import { then } from '../lib/maybe.ts';
import { defineModule } from '../server/module.ts';
import { Rosters } from './roster/rosters.ts';

const NS_PING = 'urn:xmpp:ping';
const request = { type: 'get', name: 'ping', xmlns: NS_PING } as const;

/** XEP-0199: an empty result says that the server, or the account's server, is there. */
export default defineModule({
  name: 'ping',
  summary: 'Answers pings, so that clients can tell a dead connection from a quiet one.',
  implements: [{ xep: 199, version: '2.0.1', status: 'complete' }],
  needs: [Rosters],
  setup({ use }) {
    const rosters = use(Rosters);
    return {
      features: { host: [NS_PING], account: [NS_PING] },
      iq: [
        { ...request, target: 'host', answer: () => null },
        {
          ...request,
          target: 'account',
          isPrivate: false,
          // Strangers must not find out which accounts exist (RFC 6120 §13.11).
          answer: ({ account, from }) => then(rosters.assertVisible(account, from), () => null),
        },
      ],
    };
  },
});
