import { type Maybe, then } from '../lib/maybe.ts';
import { type AccountRequest, defineModule, type Identity, type Target } from '../server/module.ts';
import { Element } from '../xml/element.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { Rosters } from './roster/module.ts';

const NS_INFO = 'http://jabber.org/protocol/disco#info';
const NS_ITEMS = 'http://jabber.org/protocol/disco#items';

const HOST: Identity = { category: 'server', type: 'im', name: 'Epode' };
const ACCOUNT: Identity = { category: 'account', type: 'registered' };

/** XEP-0030: what hosts and accounts can do, gathered from the modules. */
export default defineModule({
  name: 'disco',
  summary: 'Tells clients what the server can do for them.',
  implements: [{ xep: 30, version: '2.5.0', status: 'complete' }],
  needs: [Rosters],
  setup({ host, use }) {
    const rosters = use(Rosters);
    const own: Record<Target, Identity> = { host: HOST, account: ACCOUNT };

    const info = (target: Target): Element => {
      const { identities, features } = host.parts;
      const query = new Element('query', { xmlns: NS_INFO });
      for (const identity of [own[target], ...identities[target]])
        query.c('identity', { ...identity });
      for (const feature of new Set(features[target])) query.c('feature', { var: feature });
      return query;
    };
    const items = (): Element => new Element('query', { xmlns: NS_ITEMS });

    /** No module has nodes of its own here (XEP-0030 §7). */
    const withoutNode = (payload: Element, answer: () => Element): Element => {
      if (payload.attrs.node === undefined) return answer();
      throw new StanzaError('item-not-found');
    };

    const query = { type: 'get', name: 'query' } as const;
    const onHost = (xmlns: string, answer: () => Element) => ({
      ...query,
      xmlns,
      target: 'host' as const,
      answer: ({ payload }: { payload: Element }) => withoutNode(payload, answer),
    });

    /** XEP-0030 §8: only those who see the account's presence; others cannot tell that it exists. */
    const onAccount = (xmlns: string, answer: () => Element) => ({
      ...query,
      xmlns,
      target: 'account' as const,
      isPrivate: false,
      answer: ({ payload, account, from }: AccountRequest): Maybe<Element> =>
        then(rosters.assertVisible(account, from), () => withoutNode(payload, answer)),
    });

    return {
      features: { host: [NS_INFO, NS_ITEMS], account: [NS_INFO, NS_ITEMS] },
      iq: [
        onHost(NS_INFO, () => info('host')),
        onHost(NS_ITEMS, items),
        onAccount(NS_INFO, () => info('account')),
        onAccount(NS_ITEMS, items),
      ],
    };
  },
});
