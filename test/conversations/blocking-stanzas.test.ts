import { describe, expect } from '@jest/globals';
import { BLOCKING, blocks, changes, hasBlocked, list, unblocks } from '../support/blocking.ts';
import { conversation, conversationInside } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const BLOCKED = 'urn:xmpp:blocking:errors';
const DISCO = 'http://jabber.org/protocol/disco#info';

function refusal(type: string, condition: string, id = 'i'): string {
  return `
    <iq type='error' id='${id}'>
      <error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>
    </iq>`;
}

describe('of a blocked sender', () => {
  for (const type of ['chat', 'normal', 'headline', 'groupchat', 'unknown']) {
    conversation(
      `a message of type ${type} is refused, as by an account that is not there [XEP-0191 3.3, RFC6120 13.11]`,
      { friends: [['juliet', 'romeo']] },
      async ({ juliet, romeo }, server) => {
        await blocks(juliet, romeo.bare);
        await romeo.forgets();
        const answers: string[] = [];
        for (const account of [juliet.bare, `nobody@${server}`]) {
          for (const to of [account, `${account}/home`]) {
            await romeo.sends`<message to='${to}' type='${type}' id='m'><body>Hi</body></message>`;
            await romeo.gets`
              <message type='error' id='m' from='${to}'>
                <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
              </message>`;
            answers.push(romeo.lastText.replace(account, 'account'));
          }
        }
        expect(answers.slice(0, 2)).toEqual(answers.slice(2));
        await juliet.getsNothing();
      },
    );
  }

  conversation(
    'an IQ is refused at the bare and the full address, as by an account that is not there [XEP-0191 3.3, RFC6120 13.11]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }, server) => {
      await blocks(juliet, romeo.bare);
      await romeo.forgets();
      const requests = [
        `<query xmlns='${DISCO}'/>`,
        "<ping xmlns='urn:xmpp:ping'/>",
        "<time xmlns='urn:xmpp:time'/>",
        "<query xmlns='urn:x'/>",
        "<jingle xmlns='urn:xmpp:jingle:1' action='session-initiate'/>",
      ];
      for (const payload of requests) {
        for (const type of ['get', 'set']) {
          for (const resource of ['', '/home', '/gone']) {
            const answers = new Set<string>();
            for (const account of [juliet.bare, `nobody@${server}`]) {
              await romeo.sends`
                <iq type='${type}' id='i' to='${account}${resource}'>${payload}</iq>`;
              await romeo.gets`${refusal('cancel', 'service-unavailable')}`;
              answers.add(romeo.lastText.replace(account, 'account'));
            }
            expect(answers.size).toBe(1);
          }
        }
      }
      await juliet.getsNothing();
    },
  );

  conversation(
    'a visiting card and what only owners may ask is no exception [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare);
      await romeo.forgets();
      for (const payload of [
        "<vCard xmlns='vcard-temp'/>",
        "<query xmlns='jabber:iq:last'/>",
        "<query xmlns='jabber:iq:roster'/>",
        `<blocklist xmlns='${BLOCKING}'/>`,
      ]) {
        await romeo.sends`<iq type='get' id='i' to='${juliet.bare}'>${payload}</iq>`;
        await romeo.gets`${refusal('cancel', 'service-unavailable')}`;
      }
      await juliet.getsNothing();
    },
  );

  conversation(
    'answers and errors are dropped without a word [XEP-0191 3.3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<iq type='get' id='i' to='${romeo}'><query xmlns='urn:x'/></iq>`;
      await romeo.gets`<iq type='get' id='i'/>`;
      await blocks(juliet, romeo.bare);
      const error = `<error type='cancel'><gone xmlns='${STANZA_ERRORS}'/></error>`;
      for (const to of [juliet, juliet.bare]) {
        await romeo.sends`<iq type='result' id='i' to='${to}'/>`;
        await romeo.sends`<iq type='error' id='i' to='${to}'>${error}</iq>`;
        await romeo.sends`<message type='error' to='${to}'>${error}</message>`;
      }
      await romeo.getsNothing();
      await juliet.getsNothing();
    },
  );

  conversation(
    'presence of every type is ignored without a word [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, nurse }) => {
      await hasBlocked(juliet);
      await changes(juliet, list('block', romeo.bare, nurse.bare));
      await romeo.forgets();
      const types = ['', 'unavailable', 'probe', 'subscribe', 'subscribed', 'error'];
      for (const client of [romeo, nurse]) {
        for (const type of [...types, 'unsubscribe', 'unsubscribed']) {
          for (const to of [juliet, juliet.bare]) {
            await client.sends`<presence ${type && `type='${type}'`} to='${to}'/>`;
          }
        }
      }
      await nurse.getsNothing();
      await romeo.getsNothing();
      await juliet.getsNothing();
      await romeo.sends`<presence><show>away</show></presence>`;
      await romeo.gets`<presence/>`;
      await juliet.getsNothing();
    },
  );

  conversationInside(
    'a request is neither kept nor answered, not even one that was approved before [XEP-0191 3.3, RFC6121 3.4]',
    {},
    async ({ juliet, romeo }, server) => {
      await juliet.sends`<presence type='subscribed' to='${romeo.bare}'/>`;
      await blocks(juliet, romeo.bare);
      const before = await server.storage.rosters.load(juliet.bare);
      await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
      await romeo.getsNothing();
      expect(await server.storage.rosters.load(juliet.bare)).toEqual(before);
      expect(before.items).toMatchObject([{ isPreApproved: true, subscription: 'none' }]);
    },
  );

  conversation(
    'nothing waits until the account comes [XEP-0191 3.3, XEP-0160 3]',
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare);
      await juliet.leaves();
      await romeo.sends`<message to='${juliet.bare}' id='m'><body>Hi</body></message>`;
      await romeo.gets`
        <message type='error' id='m'><error><service-unavailable xmlns='${STANZA_ERRORS}'/></error></message>`;
      await juliet.returns();
      await juliet.getsNothing();
      await unblocks(juliet, romeo.bare);
      await juliet.getsNothing();
    },
  );

  conversation(
    'what has waited since before the block is not delivered [XEP-0191 3.3, XEP-0160 3]',
    { quiet: ['juliet'] },
    async ({ juliet, romeo, nurse }) => {
      await romeo.sends`<message to='${juliet.bare}'><body>Hi</body></message>`;
      await romeo.sends`<presence type='subscribe' to='${juliet.bare}'/>`;
      await nurse.sends`<message to='${juliet.bare}'><body>Madam!</body></message>`;
      await romeo.settles();
      await nurse.settles();
      await blocks(juliet, romeo.bare);
      await juliet.sends`<presence/>`;
      await juliet.getsInAnyOrder`
        <presence from='${juliet}'/>
        <message from='${nurse}'><body>Madam!</body></message>`;
      await juliet.getsNothing();
      await unblocks(juliet);
      await juliet.leaves();
      await juliet.returns();
      await juliet.gets`<presence type='subscribe' from='${romeo.bare}'/>`;
    },
  );

  conversation(
    'stanzas are delivered again from the next one on [XEP-0191 3.4, 3.5]',
    async ({ juliet, romeo }) => {
      for (const jids of [[romeo.bare], []]) {
        await blocks(juliet, romeo.bare);
        await romeo.sends`<message to='${juliet}' id='m'><body>Hi</body></message>`;
        await romeo.gets`<message type='error' id='m'/>`;
        await unblocks(juliet, ...jids);
        await romeo.sends`<message to='${juliet}'><body>Hi again</body></message>`;
        await juliet.gets`<message from='${romeo}'><body>Hi again</body></message>`;
      }
    },
  );
});

describe('to a blocked address', () => {
  const blocked = `
    <error type='cancel'>
      <not-acceptable xmlns='${STANZA_ERRORS}'/>
      <blocked xmlns='${BLOCKED}'/>
    </error>`;

  for (const [what, start, content, kind] of [
    ['a message', "message type='chat'", '<body>Can you hear me now?</body>', 'message'],
    ['a request', "iq type='get'", "<query xmlns='urn:x'/>", 'iq'],
    ['directed presence', 'presence', '', 'presence'],
    ['a probe', "presence type='probe'", '', 'presence'],
    ['a subscription', "presence type='subscribe'", '', 'presence'],
    ['a permission', "presence type='subscribed'", '', 'presence'],
    ['the end of a subscription', "presence type='unsubscribe'", '', 'presence'],
    ['the end of a permission', "presence type='unsubscribed'", '', 'presence'],
  ] as const) {
    conversation(
      `${what} comes back with the reason [XEP-0191 3.3]`,
      { friends: [['juliet', 'romeo']] },
      async ({ juliet, romeo }) => {
        await blocks(juliet, romeo.bare);
        await romeo.forgets();
        for (const to of [romeo.bare, romeo]) {
          await juliet.sends`<${start} to='${to}' id='x'>${content}</${kind}>`;
          await juliet.gets`<${kind} type='error' id='x' from='${to}'>${blocked}</${kind}>`;
        }
        await romeo.getsNothing();
      },
    );
  }

  conversation(
    'answers and errors do not go either, without a word [XEP-0191 3.3, RFC6120 8.3.1]',
    async ({ juliet, romeo }) => {
      await romeo.sends`<iq type='get' id='i' to='${juliet}'><query xmlns='urn:x'/></iq>`;
      await juliet.gets`<iq type='get' id='i' from='${romeo}'/>`;
      await blocks(juliet, romeo.bare);
      const error = `<error type='cancel'><gone xmlns='${STANZA_ERRORS}'/></error>`;
      await juliet.sends`<iq type='result' id='i' to='${romeo}'/>`;
      await juliet.sends`<iq type='error' id='i' to='${romeo}'>${error}</iq>`;
      await juliet.sends`<message type='error' to='${romeo}'>${error}</message>`;
      await juliet.sends`<presence type='error' to='${romeo}'>${error}</presence>`;
      await juliet.getsNothing();
      await romeo.getsNothing();
    },
  );

  conversation(
    'everything passes again after it is unblocked [XEP-0191 3.4]',
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare);
      await unblocks(juliet, romeo.bare);
      await juliet.sends`<message to='${romeo}'><body>And now?</body></message>`;
      await romeo.gets`<message from='${juliet}'><body>And now?</body></message>`;
    },
  );
});

describe('an address of the list', () => {
  conversation(
    'with a resource matches that resource alone [XEP-0191 6]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await blocks(juliet, phone);
      await phone.gets`<presence type='unavailable' from='${juliet}' to='${phone}'/>`;
      await laptop.getsNothing();
      for (const [client, isHeard] of [
        [phone, false],
        [laptop, true],
      ] as const) {
        await client.sends`<message to='${juliet}' id='m'><body>Hi</body></message>`;
        if (isHeard) await juliet.gets`<message from='${client}'/>`;
        else await client.gets`<message type='error' id='m'/>`;
      }
      await juliet.sends`<message to='${phone}' id='m'/>`;
      await juliet.gets`<message type='error' id='m' from='${phone}'/>`;
      await unblocks(juliet, phone);
      await phone.gets`<presence from='${juliet}' to='${phone}'/>`;
    },
  );

  conversation(
    'with the nickname of a room’s occupant matches that occupant alone [XEP-0191 6]',
    async ({ juliet }) => {
      await blocks(juliet, 'room@muc.example/Iago');
      await juliet.sends`<message to='room@muc.example/Iago' id='m'/>`;
      await juliet.gets`<message type='error' id='m'><error><blocked xmlns='${BLOCKED}'/></error></message>`;
      await juliet.sends`<message to='room@muc.example/iago' id='m'/>`;
      await juliet.gets`<message type='error' id='m'/>`;
      expect(juliet.lastText).not.toContain(BLOCKED);
    },
  );

  conversation('that is a domain matches all of it [XEP-0191 6]', async ({ juliet }) => {
    await blocks(juliet, 'spam.example');
    const matched = ['spam.example', 'spam.example/x', 'a@spam.example', 'a@spam.example/x'];
    for (const to of matched) {
      await juliet.sends`<message to='${to}' id='m'/>`;
      await juliet.gets`
          <message type='error' id='m' from='${to}'>
            <error><not-acceptable xmlns='${STANZA_ERRORS}'/></error>
          </message>`;
    }
    await juliet.sends`<message to='a@sub.spam.example' id='m'/>`;
    await juliet.gets`<message type='error' id='m'/>`;
    expect(juliet.lastText).not.toContain(BLOCKED);
  });

  conversation(
    'never cuts off the account itself or its server [XEP-0191 5]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }, server) => {
      await blocks(laptop, laptop.bare, phone, server);
      await romeo.getsInAnyOrder`
        <presence type='unavailable' from='${laptop}'/>
        <presence type='unavailable' from='${phone}'/>`;
      await hasBlocked(laptop, laptop.bare, phone, server);
      await laptop.sends`<message to='${phone}'><body>Hi</body></message>`;
      await phone.gets`<message from='${laptop}'><body>Hi</body></message>`;
      await phone.sends`<message to='${phone.bare}' type='chat'><body>All</body></message>`;
      await phone.gets`<message from='${phone}'><body>All</body></message>`;
      await laptop.gets`<message from='${phone}'><body>All</body></message>`;
      await laptop.sends`<presence><show>away</show></presence>`;
      await laptop.gets`<presence from='${laptop}'/>`;
      await phone.gets`<presence from='${laptop}'><show>away</show></presence>`;
      for (const to of [server, laptop.bare]) {
        await laptop.sends`<iq type='get' id='p' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`;
        await laptop.gets`<iq type='result' id='p' from='${to}'/>`;
      }
      await romeo.sends`<message to='${phone}' id='m'><body>Hi</body></message>`;
      await romeo.gets`<message type='error' id='m'/>`;
      await phone.getsNothing();
    },
  );
});
