import { type Maybe, then } from '../lib/maybe.ts';
import { slot } from '../lib/token.ts';
import type { Account } from '../server/accounts.ts';
import type { Incoming, Verdict } from '../server/flow.ts';
import { type AccountRequest, defineModule } from '../server/module.ts';
import type { LastPresence } from '../storage/ports.ts';
import { Element } from '../xml/element.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Jid } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import { readStoredStanza, type Stanza } from '../xmpp/stanza.ts';
import { Rosters } from './roster/rosters.ts';

/** When the host began to serve (XEP-0012 §7). */
const Started = slot<number>('started');

const NS_LAST = 'jabber:iq:last';
const REFUSAL = 'forbidden';
const REFUSED: Verdict = { reject: new StanzaError(REFUSAL) };
const query = { type: 'get', name: 'query', xmlns: NS_LAST } as const;

/** XEP-0012. */
export default defineModule({
  name: 'last-activity',
  summary: 'Tells how long somebody has been away, to those who see their presence.',
  implements: [{ xep: 12, version: '2.0', status: 'complete' }],
  needs: [Rosters],
  setup({ host, storage, clock, use }) {
    const rosters = use(Rosters);
    const started = host.kept(Started, () => clock.now());

    const since = (stamp: number, status = ''): Element => {
      const seconds = Math.max(0, Math.floor((clock.now() - stamp) / 1000));
      const answer = new Element('query', { xmlns: NS_LAST, seconds: String(seconds) });
      return status === '' ? answer : answer.t(status);
    };

    const get = ({ account, from }: AccountRequest): Maybe<Element> =>
      then(rosters.assertVisible(account, from, REFUSAL), () => lastOf(account));

    /** §3. One who never came, or only without presence, has nothing to tell. */
    const lastOf = (account: Account): Maybe<Element> => {
      const sessions = host.directory.peek(account.owner);
      if (sessions.some(({ priority }) => priority !== null)) return since(clock.now());
      return then(storage.lastPresences.find(account.owner), (last) => {
        if (!last) throw new StanzaError('item-not-found', 'never seen');
        return since(last.stamp, statusOf(last));
      });
    };

    /** §4: what a stranger asks a resource does not reach it. */
    const guard = (stanza: Stanza, { account, to }: Incoming): Maybe<Verdict | undefined> => {
      if (!account || !isForResource(stanza, to)) return undefined;
      const allowed = rosters.maySee(account, stanza.from as Jid);
      return then(allowed, (maySee) => (maySee ? undefined : REFUSED));
    };

    return {
      features: { host: [NS_LAST], account: [NS_LAST] },
      iq: [
        { ...query, target: 'host', answer: () => since(started) },
        {
          ...query,
          target: 'account',
          isPrivate: false,
          refusal: REFUSAL,
          guardsResources: true,
          answer: get,
        },
      ],
      flows: { incoming: { iq: { check: guard } } },
    };
  },
});

function isForResource(stanza: Stanza, to: Jid): boolean {
  return to.local !== '' && !to.isBare && stanza.type === 'get' && stanza.has('query', NS_LAST);
}

/** The words of the last unavailable presence (§3). */
function statusOf({ stanza }: LastPresence): string {
  return readStoredStanza(stanza).child('status', NS.client)?.getText() ?? '';
}
