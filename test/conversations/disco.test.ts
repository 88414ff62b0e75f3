import { describe } from '@jest/globals';
import { Disco } from '../../src/modules/disco.ts';
import { defineModule } from '../../src/server/module.ts';
import { dataForm, makeField, makeForm } from '../../src/xmpp/forms.ts';
import { Jid } from '../../src/xmpp/jid.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const FORMS = 'jabber:x:data';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

const orchard = { category: 'hierarchy', type: 'branch', name: 'Orchard' };

/** Has a form, a node and items on the host, and a node with an item on every account. */
const gardens = defineModule({
  name: 'gardens',
  summary: 'Shows gardens.',
  needs: [Disco],
  setup({ host, use }) {
    const disco = use(Disco);
    const items = [{ jid: Jid.of('', 'gardens.localhost'), name: 'Gardens & more' }];
    const trees = [{ jid: host.jid, node: 'orchard/tree' }];
    disco.addToHost({
      info: (node) =>
        node === 'orchard' ? { identities: [orchard], features: [INFO], forms: [] } : null,
      items: (node) => (node === null ? items : node === 'orchard' ? trees : null),
    });
    disco.addToAccounts({
      info: (node) =>
        node === 'balcony' ? { identities: [orchard], features: [], forms: [] } : null,
      items: (node, { account, from }) =>
        node === 'balcony' ? [{ jid: account.jid, node: `for ${from.local}` }] : null,
    });
    const fields = [makeField('flowers', 'text-multi', { values: ['rose', 'lily'] })];
    const form = dataForm.encode(makeForm('result', 'urn:example:gardens', { fields }));
    return { forms: { host: [form], account: [form] } };
  },
});

/** Has something else on the same entities. */
const stables = defineModule({
  name: 'stables',
  summary: 'Shows stables.',
  needs: [Disco],
  after: ['gardens'],
  setup({ use }) {
    use(Disco).addToHost({ items: () => [{ jid: Jid.of('', 'stables.localhost') }] });
    return {};
  },
});

const modules = [gardens, stables];

describe('what modules add to service discovery', () => {
  conversationInside(
    'forms of the host and of accounts, in every answer [XEP-0128 2]',
    { modules },
    async ({ juliet }, server) => {
      for (const to of [server.domain, server.domain, juliet.bare]) {
        await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${INFO}'/></iq>`;
        await juliet.gets`
          <iq type='result' id='1' from='${to}'>
            <query xmlns='${INFO}'>
              <x xmlns='${FORMS}' type='result'>
                <field var='FORM_TYPE' type='hidden'><value>urn:example:gardens</value></field>
                <field var='flowers'><value>rose</value><value>lily</value></field>
              </x>
            </query>
          </iq>`;
      }
    },
  );

  conversationInside(
    'a node, which the answer names again [XEP-0030 3.2]',
    { modules },
    async ({ juliet }, server) => {
      await juliet.sends`
        <iq type='get' id='1' to='${server}'><query xmlns='${INFO}' node='orchard'/></iq>`;
      await juliet.gets`
        <iq type='result' id='1' from='${server}'>
          <query xmlns='${INFO}' node='orchard'>
            <identity category='hierarchy' type='branch' name='Orchard'/>
            <feature var='${INFO}'/>
          </query>
        </iq>`;
    },
  );

  conversationInside(
    'items of all modules, and those of a node [XEP-0030 4.1, 4.2]',
    { modules },
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${ITEMS}'/></iq>`;
      await juliet.gets`
        <iq type='result' id='1'>
          <query xmlns='${ITEMS}' node='${nothing}'>
            <item jid='gardens.localhost' name='Gardens &amp; more' node='${nothing}'/>
            <item jid='stables.localhost' name='${nothing}'/>
          </query>
        </iq>`;
      await juliet.sends`
        <iq type='get' id='2' to='${server}'><query xmlns='${ITEMS}' node='orchard'/></iq>`;
      await juliet.gets`
        <iq type='result' id='2'>
          <query xmlns='${ITEMS}' node='orchard'><item jid='${server}' node='orchard/tree'/></query>
        </iq>`;
    },
  );

  conversationInside(
    'nodes of accounts, for those who may see them only [XEP-0030 8]',
    { modules, friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, tybalt }) => {
      const ask = `<iq type='get' id='1' to='${juliet.bare}'>`;
      await romeo.sends`${ask}<query xmlns='${ITEMS}' node='balcony'/></iq>`;
      await romeo.gets`
        <iq type='result' id='1' from='${juliet.bare}'>
          <query xmlns='${ITEMS}' node='balcony'><item jid='${juliet.bare}' node='for romeo'/></query>
        </iq>`;
      await romeo.sends`${ask}<query xmlns='${INFO}' node='balcony'/></iq>`;
      await romeo.gets`<iq type='result' id='1'><query xmlns='${INFO}' node='balcony'/></iq>`;
      await tybalt.sends`${ask}<query xmlns='${INFO}' node='balcony'/></iq>`;
      await tybalt.gets`
        <iq type='error' id='1' from='${juliet.bare}'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await tybalt.sends`${ask}<query xmlns='${ITEMS}' node='balcony'/></iq>`;
      await tybalt.gets`
        <iq type='result' id='1' from='${juliet.bare}'>
          <query xmlns='${ITEMS}' node='balcony'>${nothing}</query>
        </iq>`;
    },
  );

  conversationInside(
    'no node of the host on an account, nor the other way round [XEP-0030 7]',
    { modules: [gardens] },
    async ({ juliet }, server) => {
      const strange = [
        [server.domain, 'balcony'],
        [juliet.bare, 'orchard'],
      ];
      for (const [to, node] of strange) {
        for (const xmlns of [INFO, ITEMS]) {
          const query = `<query xmlns='${xmlns}' node='${node}'/>`;
          await juliet.sends`<iq type='get' id='1' to='${to!}'>${query}</iq>`;
          await juliet.gets`
            <iq type='error' id='1'>
              <error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error>
            </iq>`;
        }
      }
    },
  );
});

conversation('of its own the server has no items [XEP-0030 7]', async ({ juliet }, server) => {
  for (const to of [server.domain, juliet.bare]) {
    await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${ITEMS}'/></iq>`;
    await juliet.gets`
        <iq type='result' id='1'><query xmlns='${ITEMS}'>${nothing}</query></iq>`;
  }
});
