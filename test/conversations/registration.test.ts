import { describe, expect } from '@jest/globals';
import { PASSWORD } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';
import {
  arrives,
  binds,
  comesIn,
  credentials,
  FORM,
  getsError,
  getsResult,
  isLetIn,
  provesItself,
  REGISTER,
  sets,
  submission,
} from '../support/registration.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';
const DAY = 86_400_000;

/** The end of a stream that may not go on. */
const failed = `<stream:error><not-authorized xmlns='${STREAM_ERRORS}'/></stream:error>`;

describe('whoever has an account', () => {
  conversation('finds that the server can do this [XEP-0077 9]', async ({ juliet }, server) => {
    const INFO = 'http://jabber.org/protocol/disco#info';
    await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${INFO}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1'><query xmlns='${INFO}'><feature var='${REGISTER}'/></query></iq>`;
  });

  conversation('is told so, and the name [XEP-0077 3.1]', async ({ juliet }, server) => {
    for (const to of [`to='${server}'`, `to='${juliet.bare}'`, '']) {
      await juliet.sends`<iq type='get' id='r' ${to}><query xmlns='${REGISTER}'/></iq>`;
      await juliet.gets`
        <iq type='result' id='r'>
          <query xmlns='${REGISTER}'>
            <registered/><username>${juliet.username}</username><password>${nothing}</password>
          </query>
        </iq>`;
    }
  });

  conversation(
    'hears nothing of the accounts of others, or of names [XEP-0077 3.2, RFC6120 13.11]',
    async ({ juliet, romeo }, server) => {
      for (const to of [romeo.bare, `nobody@${server}`]) {
        await juliet.sends`<iq type='get' id='r' to='${to}'><query xmlns='${REGISTER}'/></iq>`;
        await getsError(juliet, 'forbidden', 'auth');
        await sets(juliet, `<query xmlns='${REGISTER}'><remove/></query>`, to);
        await getsError(juliet, 'forbidden', 'auth');
      }
      await romeo.getsNothing();
    },
  );
});

describe('a change of password', () => {
  conversation(
    'holds from then on; the session that asked goes on, the others end [XEP-0077 3.3]',
    { quiet: true },
    async ({ juliet: { laptop, phone }, stranger }, server) => {
      await sets(laptop, credentials(laptop.username, 'new-pass'), server.domain);
      await getsResult(laptop);
      await phone.gets`${failed}`;
      await phone.getsEnd();
      expect(await isLetIn(stranger, laptop.username, 'new-pass')).toBe(true);
      expect(await isLetIn(stranger, laptop.username, PASSWORD)).toBe(false);
      await laptop.getsNothing();
    },
  );

  conversation(
    'may name the account in any way [XEP-0077 3.3]',
    { quiet: true },
    async ({ juliet, stranger }, server) => {
      const { username, bare } = juliet;
      const names = [username.toUpperCase(), bare, bare.toUpperCase()];
      for (const [n, name] of names.entries()) {
        await sets(juliet, credentials(name, `password ${n}`));
        await getsResult(juliet);
        expect(await isLetIn(stranger, username, `password ${n}`)).toBe(true);
      }
      await sets(juliet, submission(username, 'by a form'), server.domain);
      await getsResult(juliet);
      await sets(juliet, submission(username, 'by another', `${REGISTER}:changepassword`));
      await getsResult(juliet);
      expect(await isLetIn(stranger, username, 'by another')).toBe(true);
    },
  );

  conversation(
    'needs name and password [XEP-0077 3.3]',
    { quiet: true },
    async ({ juliet, stranger }) => {
      for (const query of [
        `<query xmlns='${REGISTER}'/>`,
        `<query xmlns='${REGISTER}'><username>${juliet.username}</username></query>`,
        `<query xmlns='${REGISTER}'><password>secret</password></query>`,
        credentials(juliet.username, ''),
      ]) {
        await sets(juliet, query);
        await getsError(juliet, 'bad-request', 'modify');
        expect(juliet.lastText).not.toContain('secret');
      }
      expect(await isLetIn(stranger, juliet.username, PASSWORD)).toBe(true);
    },
  );

  conversation(
    'needs a password that can be one [RFC4013 2.3]',
    { quiet: true },
    async ({ juliet, stranger }) => {
      for (const password of ['\u0627\u0031', '\ufffd', 'x'.repeat(1024), '\u0378']) {
        await sets(juliet, credentials(juliet.username, password));
        await getsError(juliet, 'not-acceptable', 'modify');
      }
      expect(await isLetIn(stranger, juliet.username, PASSWORD)).toBe(true);
    },
  );

  conversation(
    'of somebody else changes nothing, and makes no second account [XEP-0077 3.1.1]',
    { quiet: true },
    async ({ juliet, romeo, stranger }) => {
      for (const name of [
        romeo.username,
        romeo.bare,
        'newcomer',
        `${juliet.username}@elsewhere.example`,
        '@',
        `${juliet}`,
      ]) {
        await sets(juliet, credentials(name, 'mine now'));
        await getsError(juliet, 'not-acceptable', 'modify');
      }
      for (const name of [romeo.username, 'newcomer', juliet.username]) {
        expect(await isLetIn(stranger, name, 'mine now')).toBe(false);
      }
      await romeo.getsNothing();
    },
  );

  conversation(
    'is not allowed where the operator does not want it [XEP-0077 3.3]',
    { quiet: true, config: { modules: { registration: { allowPasswordChange: false } } } },
    async ({ juliet, stranger }) => {
      await sets(juliet, credentials('juliet', 'new-pass'));
      await getsError(juliet, 'not-allowed', 'cancel');
      expect(await isLetIn(stranger, 'juliet', 'new-pass')).toBe(false);
    },
  );

  conversationInside('is possible only so often', { quiet: true }, async ({ juliet }, server) => {
    for (let n = 0; n < 10; n++) {
      await sets(juliet, credentials('juliet', PASSWORD));
      await getsResult(juliet);
    }
    await sets(juliet, credentials('juliet', 'one more'));
    await getsError(juliet, 'resource-constraint', 'wait');
    await juliet.leaves();
    server.clock.advance(3_600_000);
    await juliet.returns();
    await sets(juliet, credentials('juliet', 'one more'));
    await getsResult(juliet);
  });

  conversation(
    'is not authorized where others could read it, though signing in is [XEP-0077 3.3]',
    { config: { signIn: { requireTls: false, allowPlainOnLoopback: false } }, absent: ['juliet'] },
    async ({ juliet, stranger }, server) => {
      if (server.startsSecure) return;
      await juliet.exists();
      await arrives(stranger);
      await provesItself(stranger, 'juliet', PASSWORD);
      await binds(stranger, 'juliet');
      await sets(stranger, credentials('juliet', 'new-pass'));
      await getsError(stranger, 'not-authorized', 'auth');
      expect(stranger.lastText).not.toContain('new-pass');
    },
  );

  conversation(
    'may be called off in the middle of a form [XEP-0004 3.1]',
    { quiet: true },
    async ({ juliet, stranger }) => {
      await sets(juliet, `<query xmlns='${REGISTER}'><x xmlns='${FORM}' type='cancel'/></query>`);
      await getsResult(juliet);
      expect(await isLetIn(stranger, juliet.username, PASSWORD)).toBe(true);
    },
  );
});

describe('the end of an account', () => {
  const remove = `<query xmlns='${REGISTER}'><remove/></query>`;

  conversation(
    'is confirmed, then ends all its sessions [XEP-0077 3.2]',
    { quiet: true },
    async ({ juliet: { laptop, phone }, stranger }) => {
      await sets(laptop, remove);
      await getsResult(laptop);
      await laptop.gets`${failed}`;
      await laptop.getsEnd();
      await phone.gets`${failed}`;
      await phone.getsEnd();
      expect(await isLetIn(stranger, laptop.username, PASSWORD)).toBe(false);
    },
  );

  conversation(
    'may be asked of the server as well [XEP-0077 3.2]',
    { quiet: true },
    async ({ juliet }, server) => {
      await sets(juliet, remove, server.domain);
      await getsResult(juliet);
      await juliet.gets`${failed}`;
      await juliet.getsEnd();
    },
  );

  conversation(
    'ends its subscriptions; the contacts see it go [XEP-0077 3.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, nurse }) => {
      await romeo.sends`<iq type='get' id='i'><query xmlns='jabber:iq:roster'/></iq>`;
      await romeo.gets`<iq type='result' id='i'/>`;
      await sets(juliet, remove);
      await juliet.gets`<presence type='unavailable' from='${juliet}'/>`;
      await getsResult(juliet);
      await juliet.gets`${failed}`;
      await juliet.getsEnd();
      await romeo.getsInAnyOrder`
        <presence type='unavailable' from='${juliet}'/>
        <presence type='unsubscribe' from='${juliet.bare}'/>
        <presence type='unsubscribed' from='${juliet.bare}'/>
        <iq type='set'><query xmlns='jabber:iq:roster'><item jid='${juliet.bare}' subscription='to'/></query></iq>
        <iq type='set'><query xmlns='jabber:iq:roster'><item jid='${juliet.bare}' subscription='none'/></query></iq>`;
      await romeo.sends`<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>`;
      await romeo.gets`
        <iq type='result' id='g'>
          <query xmlns='jabber:iq:roster'><item jid='${juliet.bare}' subscription='none'/></query>
        </iq>`;
      await romeo.sends`<message id='m' type='chat' to='${juliet.bare}'><body>Where art thou?</body></message>`;
      await romeo.gets`
        <message type='error' id='m' from='${juliet.bare}'>
          <error><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </message>`;
      await nurse.getsNothing();
    },
  );

  conversation(
    'needs the request to hold nothing else [XEP-0077 3.2]',
    { quiet: true },
    async ({ juliet, stranger }) => {
      await sets(
        juliet,
        `<query xmlns='${REGISTER}'><remove/><username>${juliet.username}</username></query>`,
      );
      await getsError(juliet, 'bad-request', 'modify');
      await sets(juliet, `<query xmlns='${REGISTER}'><remove/><remove/></query>`);
      await getsError(juliet, 'bad-request', 'modify');
      expect(await isLetIn(stranger, juliet.username, PASSWORD)).toBe(true);
    },
  );

  conversation(
    'is not allowed where the operator does not want it [XEP-0077 3.2]',
    { quiet: true, config: { modules: { registration: { allowRemoval: false } } } },
    async ({ juliet, stranger }) => {
      await sets(juliet, remove);
      await getsError(juliet, 'not-allowed', 'cancel');
      expect(await isLetIn(stranger, 'juliet', PASSWORD)).toBe(true);
    },
  );

  conversationInside(
    'keeps its name from everybody for a while; the next to have it finds nothing of the old [XEP-0077 3.2]',
    {
      friends: [['juliet', 'romeo']],
      quiet: ['juliet'],
      config: { modules: { registration: { signUp: true } } },
    },
    async ({ juliet, romeo, stranger }, server) => {
      await juliet.sends`<iq type='set' id='v'><vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard></iq>`;
      await juliet.gets`<iq type='result' id='v'/>`;
      await juliet.sends`<iq type='set' id='k'><block xmlns='urn:xmpp:blocking'><item jid='tybalt@localhost'/></block></iq>`;
      await juliet.gets`<iq type='result' id='k'/>`;
      await romeo.sends`<message to='juliet@localhost' type='chat'><body>for later</body></message>`;
      await romeo.getsNothing();
      await sets(juliet, remove);
      await getsResult(juliet);
      await juliet.gets`${failed}`;
      await juliet.getsEnd();
      await romeo.forgets();
      await romeo.leaves();

      await arrives(stranger);
      await sets(stranger, credentials('juliet', 'somebody else'));
      await getsError(stranger, 'conflict', 'cancel');
      await stranger.vanishes();
      server.clock.advance(90 * DAY + 1);
      await arrives(stranger);
      await sets(stranger, credentials('juliet', 'somebody else'));
      await getsResult(stranger);
      await comesIn(stranger, 'juliet', 'somebody else');

      await stranger.sends`<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`;
      await stranger.gets`<iq type='result' id='1'><query xmlns='jabber:iq:roster'>${nothing}</query></iq>`;
      await stranger.sends`<iq type='get' id='2'><vCard xmlns='vcard-temp'/></iq>`;
      await stranger.gets`
        <iq type='error' id='2'><error><item-not-found xmlns='${STANZA_ERRORS}'/></error></iq>`;
      await stranger.sends`<iq type='get' id='3'><blocklist xmlns='urn:xmpp:blocking'/></iq>`;
      await stranger.gets`<iq type='result' id='3'><blocklist xmlns='urn:xmpp:blocking'>${nothing}</blocklist></iq>`;
      await stranger.sends`<presence/>`;
      await stranger.gets`<presence from='juliet@localhost/new'/>`;
    },
  );
});
