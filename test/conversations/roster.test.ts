import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { anything, conversation, nothing } from '../support/conversation.ts';

const ROSTER = 'jabber:iq:roster';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** Asks for the roster, which makes the session hear of changes. */
async function asks(client: Client): Promise<void> {
  await client.sends`<iq type='get' id='roster'><query xmlns='${ROSTER}'/></iq>`;
  await client.gets`<iq type='result' id='roster'><query xmlns='${ROSTER}'/></iq>`;
}

function setting(item: string, id = 'set'): string {
  return `<iq type='set' id='${id}'><query xmlns='${ROSTER}'>${item}</query></iq>`;
}

function push(item: string): string {
  return `<iq type='set'><query xmlns='${ROSTER}'>${item}</query></iq>`;
}

describe('asking for the roster', () => {
  conversation('gives an empty one at first [RFC6121 2.1.4]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1' to='${juliet}'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
  });

  conversation('gives every item with all it has [RFC6121 2.1.2]', async ({ juliet, romeo }) => {
    const item = `<item jid='${romeo.bare}' name='Romeo &amp; co'><group>Friends</group><group>Foes</group></item>`;
    await juliet.sends`${setting(item)}`;
    await juliet.gets`<iq type='result' id='set'>${nothing}</iq>`;
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    const iq = await juliet.gets`
      <iq type='result' id='1'>
        <query xmlns='${ROSTER}'>
          <item jid='${romeo.bare}' name='Romeo &amp; co' subscription='none' ask='${nothing}'/>
        </query>
      </iq>`;
    const groups = iq.getChild('query')!.getChild('item')!.getChildren('group');
    expect(groups.map((group) => group.getText()).sort()).toEqual(['Foes', 'Friends']);
  });

  conversation(
    'of somebody else is forbidden [RFC6121 2.1.4]',
    async ({ juliet, romeo }, server) => {
      for (const to of [romeo.bare, `nobody@${server}`]) {
        for (const iq of [
          `<iq type='get' id='1' to='${to}'><query xmlns='${ROSTER}'/></iq>`,
          `<iq type='set' id='1' to='${to}'><query xmlns='${ROSTER}'><item jid='x@y'/></query></iq>`,
        ]) {
          await juliet.sends`${iq}`;
          await juliet.gets`
          <iq type='error' id='1' from='${to}'>
            <error type='auth'><forbidden xmlns='${STANZA_ERRORS}'/></error>
          </iq>`;
        }
      }
    },
  );
});

describe('setting an item', () => {
  conversation(
    'is pushed to all sessions that asked for the roster, and to no others [RFC6121 2.1.6]',
    async ({ juliet: { laptop, phone, tablet } }) => {
      await asks(laptop);
      await asks(phone);
      await laptop.sends`${setting("<item jid='nurse@example.com' name='Nurse'/>")}`;
      const item = `<item jid='nurse@example.com' name='Nurse' subscription='none'/>`;
      await laptop.getsInAnyOrder`${push(item)}<iq type='result' id='set'/>`;
      const iq = await phone.gets`${push(item)}`;
      expect([undefined, laptop.bare]).toContain(iq.attrs.from);
      expect(iq.attrs.id).toBeTruthy();
      await tablet.getsNothing();
    },
  );

  conversation(
    'is pushed to sessions that are not available [RFC6121 2.1.6]',
    { quiet: ['juliet.phone'] },
    async ({ juliet: { laptop, phone } }) => {
      await asks(phone);
      await laptop.sends`${setting("<item jid='nurse@example.com'/>")}`;
      await laptop.gets`<iq type='result' id='set'/>`;
      await phone.gets`${push("<item jid='nurse@example.com'/>")}`;
    },
  );

  conversation('again changes name and groups [RFC6121 2.4.1]', async ({ juliet }) => {
    await asks(juliet);
    for (const [name, group] of [
      ['Nurse', 'Servants'],
      ['Old Nurse', 'Friends'],
    ]) {
      const item = `<item jid='nurse@example.com' name='${name}'><group>${group}</group></item>`;
      await juliet.sends`${setting(item)}`;
      await juliet.getsInAnyOrder`${push(item)}<iq type='result' id='set'/>`;
    }
    await juliet.sends`${setting("<item jid='nurse@example.com'/>")}`;
    await juliet.getsInAnyOrder`
        ${push(`<item jid='nurse@example.com' name='${nothing}'>${nothing}</item>`)}
        <iq type='result' id='set'/>`;
  });

  conversation('leaves the subscription to the server [RFC6121 2.1.2.5]', async ({ juliet }) => {
    await asks(juliet);
    const item =
      "<item jid='nurse@example.com' subscription='both' ask='subscribe' approved='true'/>";
    await juliet.sends`${setting(item)}`;
    await juliet.getsInAnyOrder`
        ${push(`<item jid='nurse@example.com' subscription='none' ask='${nothing}' approved='${nothing}'/>`)}
        <iq type='result' id='set'/>`;
  });

  conversation('keeps the item for later sessions [RFC6121 2.3.2]', async ({ juliet }) => {
    await juliet.sends`${setting("<item jid='nurse@example.com' name='Nurse'/>")}`;
    await juliet.gets`<iq type='result' id='set'/>`;
    await juliet.leaves();
    await juliet.returns();
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1'>
        <query xmlns='${ROSTER}'><item jid='nurse@example.com' name='Nurse'/></query>
      </iq>`;
  });

  conversation('prepares the address [RFC7622 3]', async ({ juliet }) => {
    await juliet.sends`${setting("<item jid='NURSE@Example.COM'/>")}`;
    await juliet.gets`<iq type='result' id='set'/>`;
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`
      <iq type='result'><query xmlns='${ROSTER}'><item jid='nurse@example.com'/></query></iq>`;
  });

  const refusals: readonly [string, string, string, string][] = [
    [
      'two items',
      "<item jid='a@example.com'/><item jid='b@example.com'/>",
      'modify',
      'bad-request',
    ],
    ['no item', '', 'modify', 'bad-request'],
    ['no address', "<item name='Nurse'/>", 'modify', 'bad-request'],
    ['a malformed address', "<item jid='@@'/>", 'modify', `${anything}`],
    [
      'a group twice',
      "<item jid='a@example.com'><group>A</group><group>A</group></item>",
      'modify',
      'bad-request',
    ],
    ['an empty group', "<item jid='a@example.com'><group/></item>", 'modify', 'not-acceptable'],
    [
      'a name that is too long',
      `<item jid='a@example.com' name='${'x'.repeat(5000)}'/>`,
      'modify',
      'not-acceptable',
    ],
    [
      'a group name that is too long',
      `<item jid='a@example.com'><group>${'x'.repeat(5000)}</group></item>`,
      'modify',
      'not-acceptable',
    ],
  ];
  for (const [what, items, type, condition] of refusals) {
    conversation(
      `with ${what} is refused and changes nothing [RFC6121 2.3.3]`,
      async ({ juliet }) => {
        await asks(juliet);
        await juliet.sends`${setting(items)}`;
        const wanted =
          condition === `${anything}` ? '' : `<${condition} xmlns='${STANZA_ERRORS}'/>`;
        await juliet.gets`<iq type='error' id='set'><error type='${type}'>${wanted}</error></iq>`;
        await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
        await juliet.gets`<iq type='result' id='1'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
      },
    );
  }

  conversation('of oneself is refused, and changes nothing [RFC6121 2.3.3]', async ({ juliet }) => {
    await asks(juliet);
    await juliet.sends`${setting(`<item jid='${juliet.bare}'/>`)}`;
    await juliet.gets`
      <iq type='error' id='set'>
        <error type='cancel'><not-allowed xmlns='${STANZA_ERRORS}'/></error>
      </iq>`;
    await asks(juliet);
  });

  conversation(
    'beyond the limit is refused; items there are may still change [RFC6121 2.3.3]',
    { config: { modules: { roster: { maxItems: 2 } } } },
    async ({ juliet }) => {
      for (const name of ['a', 'b']) {
        await juliet.sends`${setting(`<item jid='${name}@example.com'/>`)}`;
        await juliet.gets`<iq type='result' id='set'/>`;
      }
      await juliet.sends`${setting("<item jid='c@example.com'/>")}`;
      await juliet.gets`
        <iq type='error' id='set'>
          <error type='wait'><resource-constraint xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await juliet.sends`${setting("<item jid='a@example.com' name='A'/>")}`;
      await juliet.gets`<iq type='result' id='set'/>`;
    },
  );
});

describe('removing an item', () => {
  const removal = (jid: string) => setting(`<item jid='${jid}' subscription='remove'/>`);

  conversation('is pushed and the item is gone [RFC6121 2.5.2]', async ({ juliet }) => {
    await asks(juliet);
    await juliet.sends`${setting("<item jid='nurse@example.com'/>")}`;
    await juliet.getsInAnyOrder`${push("<item jid='nurse@example.com'/>")}<iq type='result'/>`;
    await juliet.sends`${removal('nurse@example.com')}`;
    await juliet.getsInAnyOrder`
      ${push("<item jid='nurse@example.com' subscription='remove'/>")}
      <iq type='result' id='set'/>`;
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`<iq type='result' id='1'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
  });

  conversation('of a stranger finds nothing [RFC6121 2.5.3]', async ({ juliet }) => {
    await juliet.sends`${removal('stranger@example.com')}`;
    await juliet.gets`
      <iq type='error' id='set'>
        <error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error>
      </iq>`;
  });

  conversation(
    'of a friend ends both subscriptions, and shows it to the friend [RFC6121 2.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await asks(juliet);
      await asks(romeo);
      await juliet.sends`${removal(romeo.bare)}`;
      await juliet.getsInAnyOrder`
        <iq type='result' id='set'/>
        ${push(`<item jid='${romeo.bare}' subscription='remove'/>`)}
        <presence type='unavailable' from='${romeo}'/>`;
      await romeo.getsInAnyOrder`
        <presence type='unsubscribe' from='${juliet.bare}'/>
        ${push(`<item jid='${juliet.bare}' subscription='to'/>`)}
        <presence type='unsubscribed' from='${juliet.bare}'/>
        ${push(`<item jid='${juliet.bare}' subscription='none'/>`)}
        <presence type='unavailable' from='${juliet}'/>`;
      await romeo.sends`<presence><show>away</show></presence>`;
      await romeo.gets`<presence from='${romeo}'/>`;
      await juliet.getsNothing();
    },
  );

  conversation(
    'takes a request back that was not answered [RFC6121 2.5.2]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
      await juliet.sends`${removal(romeo.bare)}`;
      await juliet.gets`<iq type='result' id='set'/>`;
      await romeo.gets`<presence type='unsubscribe' from='${juliet.bare}'/>`;
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
    },
  );
});

conversation(
  'a roster push from another user changes nothing and is delivered as theirs [RFC6121 2.1.6]',
  async ({ juliet, tybalt }) => {
    await asks(juliet);
    await tybalt.sends`
      <iq type='set' id='evil' to='${juliet}'>
        <query xmlns='${ROSTER}'><item jid='tybalt@example.com' subscription='both'/></query>
      </iq>`;
    await juliet.gets`<iq type='set' id='evil' from='${tybalt}'/>`;
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`<iq type='result' id='1'><query xmlns='${ROSTER}'>${nothing}</query></iq>`;
  },
);
