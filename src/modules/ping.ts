import { defineModule } from '../server/module.ts';

const NS_PING = 'urn:xmpp:ping';
const request = { type: 'get', name: 'ping', xmlns: NS_PING } as const;

/** XEP-0199: an empty result says that the server, or the account's server, is there. */
export default defineModule({
  name: 'ping',
  summary: 'Answers pings, so that clients can tell a dead connection from a quiet one.',
  implements: [{ xep: 199, version: '2.0.1', status: 'complete' }],
  setup: () => ({
    features: { host: [NS_PING], account: [NS_PING] },
    iq: [
      { ...request, target: 'host', answer: () => null },
      { ...request, target: 'account', isPrivate: false, answer: () => null },
    ],
  }),
});
