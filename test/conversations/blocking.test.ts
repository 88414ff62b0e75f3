import { describe, expect } from '@jest/globals';
import { BLOCKING, blocks, changes, hasBlocked, list, unblocks } from '../support/blocking.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const DISCO = 'http://jabber.org/protocol/disco#info';

function refusal(type: string, condition: string, id = 'i'): string {
  return `
    <iq type='error' id='${id}'>
      <error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>
    </iq>`;
}

describe('the server', () => {
  conversation('says that it knows the protocol [XEP-0191 3.1]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='d' to='${server}'><query xmlns='${DISCO}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='d'><query xmlns='${DISCO}'><feature var='${BLOCKING}'/></query></iq>`;
  });

  conversation(
    'knows nothing of it where the operator wants that [XEP-0191 3.1]',
    { config: { modules: { blocking: false } } },
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='d' to='${server}'><query xmlns='${DISCO}'/></iq>`;
      await juliet.gets`<iq type='result' id='d'><query xmlns='${DISCO}'/></iq>`;
      expect(juliet.lastText).not.toContain(BLOCKING);
      await juliet.sends`<iq type='get' id='i'><blocklist xmlns='${BLOCKING}'/></iq>`;
      await juliet.gets`${refusal('cancel', 'service-unavailable')}`;
    },
  );
});

describe('the block list', () => {
  conversation('is empty at first [XEP-0191 3.2]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='b'><blocklist xmlns='${BLOCKING}'/></iq>`;
    await juliet.gets`<iq type='result' id='b' to='${juliet}'>${list('blocklist')}</iq>`;
  });

  conversation('has an item for each blocked address [XEP-0191 3.2]', async ({ juliet, romeo }) => {
    const jids = [romeo.bare, 'iago@shakespeare.example', 'spam.example', 'room@x.example/Nick'];
    await blocks(juliet, ...jids);
    await hasBlocked(juliet, ...jids);
  });

  conversation(
    'has addresses as they are compared, each once [RFC7622 3, XEP-0191 6]',
    async ({ juliet }) => {
      await blocks(juliet, 'ROMEO@Montague.Example/Orchard', 'romeo@montague.example/Orchard');
      await hasBlocked(juliet, 'romeo@montague.example/Orchard');
      await juliet.sends`<iq type='set' id='i'>${list('unblock', 'Romeo@MONTAGUE.example./Orchard')}</iq>`;
      await juliet.getsInAnyOrder`
        <iq type='set'>${list('unblock', 'romeo@montague.example/Orchard')}</iq>
        <iq type='result' id='i'/>`;
      await hasBlocked(juliet);
    },
  );

  conversation(
    'of somebody else is forbidden, whether there is one or not [XEP-0191 3.2, RFC6120 13.11]',
    async ({ juliet, romeo }, server) => {
      for (const to of [romeo.bare, `nobody@${server}`]) {
        for (const iq of [
          `<iq type='get' id='i' to='${to}'><blocklist xmlns='${BLOCKING}'/></iq>`,
          `<iq type='set' id='i' to='${to}'>${`<unblock xmlns='${BLOCKING}'/>`}</iq>`,
          `<iq type='set' id='i' to='${to}'>${list('block', juliet.bare)}</iq>`,
        ]) {
          await juliet.sends`${iq}`;
          await juliet.gets`${refusal('auth', 'forbidden')}`;
        }
      }
      await hasBlocked(romeo);
    },
  );

  conversation(
    'holds across sessions, until one unblocks [XEP-0191 3.3]',
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare, 'spam.example');
      await juliet.leaves();
      await juliet.returns();
      await hasBlocked(juliet, romeo.bare, 'spam.example');
      await juliet.leaves();
      await juliet.returns();
      await unblocks(juliet, romeo.bare);
      await juliet.leaves();
      await juliet.returns();
      await hasBlocked(juliet, 'spam.example');
    },
  );

  conversationInside(
    'is on disk when that is said, and its length is known to operators [XEP-0191 3.3]',
    { onDisk: true },
    async ({ juliet, romeo }, server) => {
      await blocks(juliet, romeo.bare, 'spam.example');
      expect(await server.storage.blocks.load(juliet.bare)).toEqual([romeo.bare, 'spam.example']);
      const { host, modules } = server.server.find(server.domain)!;
      const facts = async () => modules.factsOf((await host.accounts.find('juliet'))!);
      expect(await facts()).toMatchObject({ blocked: 2 });
      await unblocks(juliet);
      expect(await server.storage.blocks.load(juliet.bare)).toEqual([]);
      expect(await facts()).toMatchObject({ blocked: 0 });
    },
  );
});

describe('the memory', () => {
  conversationInside(
    'knows a list while somebody is signed in to the account, no longer [XEP-0191 3.2]',
    { quiet: true },
    async ({ juliet: { laptop, phone } }, server) => {
      await blocks(laptop, 'a.example');
      server.storage.blocks.add(laptop.bare, ['b.example']);
      await laptop.leaves();
      await hasBlocked(phone, 'a.example');
      await phone.forgets();
      await phone.leaves();
      await laptop.returns();
      await hasBlocked(laptop, 'a.example', 'b.example');
    },
  );
});

describe('a change', () => {
  conversationInside(
    'of a list that is longer than it may be is for what is there already [RFC6120 8.3.3.18]',
    { absent: ['juliet'], config: { modules: { blocking: { maxEntries: 1 } } } },
    async ({ juliet }, server) => {
      await juliet.exists();
      server.storage.blocks.add(juliet.bare, ['a.example', 'b.example']);
      await juliet.signsIn();
      await blocks(juliet, 'b.example');
      await juliet.sends`<iq type='set' id='i'>${list('block', 'c.example')}</iq>`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
      await unblocks(juliet, 'b.example');
      await hasBlocked(juliet, 'a.example');
    },
  );

  conversation(
    'is pushed to the sessions that have asked for the list, and to nobody else [XEP-0191 3.3, 3.4, 3.5]',
    async ({ juliet: { laptop, phone, tablet }, romeo, nurse }) => {
      await hasBlocked(laptop);
      await hasBlocked(phone);
      await hasBlocked(romeo);
      const block = list('block', nurse.bare, 'spam.example');
      await changes(laptop, block);
      await phone.gets`<iq type='set' to='${phone}' from='${nothing}'>${block}</iq>`;
      await unblocks(tablet, 'spam.example');
      for (const client of [laptop, phone]) {
        await client.gets`<iq type='set' to='${client}'>${list('unblock', 'spam.example')}</iq>`;
      }
      await unblocks(tablet);
      for (const client of [laptop, phone]) {
        await client.gets`<iq type='set' to='${client}'>${list('unblock')}</iq>`;
        await client.sends`<iq type='result' id='push'/>`;
      }
      for (const client of [laptop, phone, tablet, romeo, nurse]) await client.getsNothing();
    },
  );

  conversation(
    'that fails is not pushed [XEP-0191 3.3]',
    { config: { modules: { blocking: { maxEntries: 1 } } } },
    async ({ juliet }) => {
      await blocks(juliet, 'spam.example');
      await hasBlocked(juliet, 'spam.example');
      await juliet.sends`<iq type='set' id='i'>${list('block', 'more.example')}</iq>`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'may change nothing, and is told all the same [XEP-0191 3.3, 3.4]',
    async ({ juliet, romeo }) => {
      await hasBlocked(juliet);
      for (const command of [list('block', romeo.bare), list('unblock', romeo.bare)]) {
        for (let time = 0; time < 2; time++) await changes(juliet, command);
      }
      await hasBlocked(juliet);
    },
  );

  for (const [what, command, type, condition] of [
    ['block without items', `<block xmlns='${BLOCKING}'/>`, 'modify', 'bad-request'],
    [
      'block without items that are known',
      `<block xmlns='${BLOCKING}'><item xmlns='urn:x' jid='a.example'/></block>`,
      'modify',
      'bad-request',
    ],
    [
      'unblock without items that are known',
      `<unblock xmlns='${BLOCKING}'><jid>a.example</jid></unblock>`,
      'modify',
      'bad-request',
    ],
    [
      'item without address',
      `<block xmlns='${BLOCKING}'><item jid='a.example'/><item/></block>`,
      'modify',
      'bad-request',
    ],
    ['address that is none', list('block', 'a.example', 'a b@c'), 'modify', 'jid-malformed'],
    [
      'address that is empty',
      `<block xmlns='${BLOCKING}'><item jid=''/></block>`,
      'modify',
      'jid-malformed',
    ],
    [
      'address that is none, to unblock',
      list('unblock', 'b.example', '@'),
      'modify',
      'jid-malformed',
    ],
  ] as const) {
    conversation(
      `with ${what} is refused whole [XEP-0191 3.3, RFC6120 8.3.3]`,
      async ({ juliet }) => {
        await blocks(juliet, 'b.example');
        await juliet.sends`<iq type='set' id='i'>${command}</iq>`;
        await juliet.gets`${refusal(type, condition)}`;
        await hasBlocked(juliet, 'b.example');
      },
    );
  }

  conversation(
    'beyond what one account may block is refused whole [RFC6120 8.3.3.18]',
    { config: { modules: { blocking: { maxEntries: 3 } } } },
    async ({ juliet }) => {
      await blocks(juliet, 'a.example', 'b.example');
      await juliet.sends`<iq type='set' id='i'>${list('block', 'c.example', 'd.example')}</iq>`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
      await blocks(juliet, 'a.example', 'b.example', 'c.example');
      await unblocks(juliet, 'a.example');
      await blocks(juliet, 'd.example');
      for (const name of ['block', 'unblock'] as const) {
        const many = ['a', 'b', 'c', 'd'].map((label) => `${label}.example`);
        await juliet.sends`<iq type='set' id='i'>${list(name, ...many)}</iq>`;
        await juliet.gets`${refusal('modify', 'policy-violation')}`;
      }
      await hasBlocked(juliet, 'b.example', 'c.example', 'd.example');
    },
  );

  conversation(
    'that makes the list too long is refused [RFC6120 8.3.3.18]',
    { config: { modules: { blocking: { maxLength: 20 } } } },
    async ({ juliet }) => {
      await blocks(juliet, 'a.example', 'b.example');
      await juliet.sends`<iq type='set' id='i'>${list('block', 'c.de')}</iq>`;
      await juliet.gets`${refusal('wait', 'resource-constraint')}`;
    },
  );

  conversation('may report why, which changes nothing [XEP-0377 5]', async ({ juliet, romeo }) => {
    await juliet.sends`
        <iq type='set' id='block'>
          <block xmlns='${BLOCKING}'>
            <item jid='${romeo.bare}'>
              <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'>
                <stanza-id xmlns='urn:xmpp:sid:0' by='${romeo.bare}' id='28482-98726-73623'/>
                <text xml:lang='en'>Never came trouble to my house like this.</text>
              </report>
            </item>
          </block>
        </iq>`;
    await juliet.gets`<iq type='result' id='block'>${nothing}</iq>`;
    await hasBlocked(juliet, romeo.bare);
    await romeo.getsNothing();
  });
});
