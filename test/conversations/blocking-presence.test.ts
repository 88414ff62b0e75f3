import { describe } from '@jest/globals';
import { blocks, hasBlocked, unblocks } from '../support/blocking.ts';
import { conversation } from '../support/conversation.ts';

describe('whoever sees the account', () => {
  conversation(
    'sees every resource of it go when blocked [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']], quiet: ['juliet.tablet'] },
    async ({ juliet: { laptop, phone, tablet }, romeo }) => {
      await blocks(tablet, romeo.bare);
      await romeo.getsInAnyOrder`
        <presence type='unavailable' from='${laptop}' to='${romeo.bare}'/>
        <presence type='unavailable' from='${phone}' to='${romeo.bare}'/>`;
      await romeo.getsNothing();
      for (const client of [laptop, phone, tablet]) await client.getsNothing();
    },
  );

  conversation(
    'sees and hears nothing more, whatever the account does [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await blocks(laptop, romeo.bare);
      await romeo.getsInAnyOrder`
        <presence type='unavailable' from='${laptop}'/>
        <presence type='unavailable' from='${phone}'/>`;
      await laptop.sends`<presence><show>away</show></presence>`;
      await laptop.sends`<presence type='unavailable'/>`;
      await laptop.sends`<presence/>`;
      for (const client of [laptop, phone]) await client.forgets();
      await laptop.leaves();
      await phone.forgets();
      await phone.vanishes();
      await laptop.returns();
      await romeo.getsNothing();
      await romeo.sends`<presence type='probe' to='${laptop.bare}'/>`;
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
      await laptop.getsNothing();
    },
  );

  conversation(
    'sees it again when unblocked, as it is now [XEP-0191 3.4]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await blocks(laptop, romeo.bare);
      await romeo.forgets();
      await phone.sends`<presence><show>dnd</show></presence>`;
      await phone.gets`<presence from='${phone}'/>`;
      await laptop.gets`<presence from='${phone}'/>`;
      await unblocks(laptop, romeo.bare);
      await romeo.getsInAnyOrder`
        <presence from='${laptop}' to='${romeo.bare}'/>
        <presence from='${phone}'><show>dnd</show></presence>`;
      await laptop.sends`<presence><show>xa</show></presence>`;
      for (const client of [laptop, phone, romeo]) {
        await client.gets`<presence from='${laptop}'><show>xa</show></presence>`;
      }
    },
  );

  conversation(
    'sees nothing when unblocked while nobody is there [XEP-0191 3.4]',
    { friends: [['juliet', 'romeo']], quiet: ['juliet'] },
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare);
      await unblocks(juliet, romeo.bare);
      await romeo.getsNothing();
    },
  );

  conversation(
    'by directed presence sees it go once, and not come back [XEP-0191 3.3, 3.4]',
    async ({ juliet, romeo, nurse }) => {
      await juliet.sends`<presence to='${romeo}'/><presence to='${nurse}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await nurse.gets`<presence from='${juliet}'/>`;
      await blocks(juliet, romeo.bare);
      await romeo.gets`<presence type='unavailable' from='${juliet}' to='${romeo}'/>`;
      await unblocks(juliet, romeo.bare);
      await juliet.leaves();
      await nurse.gets`<presence type='unavailable' from='${juliet}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'by directed presence alone sees it go, though it never was there [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']], quiet: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await blocks(juliet, romeo);
      await romeo.gets`<presence type='unavailable' from='${juliet}' to='${romeo}'/>`;
      await juliet.leaves();
      await romeo.getsNothing();
    },
  );

  conversation(
    'as a subscriber and by directed presence sees it go once [XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await blocks(juliet, romeo.bare, romeo);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.getsNothing();
    },
  );

  conversation(
    'is told once, however often and in whatever forms they are blocked [XEP-0191 3.3, 6]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }, server) => {
      await blocks(juliet, romeo.bare);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await blocks(juliet, romeo.bare);
      await blocks(juliet, romeo, server);
      await unblocks(juliet, romeo.bare, romeo);
      await romeo.getsNothing();
      await unblocks(juliet, server);
      await romeo.gets`<presence from='${juliet}'/>`;
    },
  );

  conversation(
    'are all who see it again once nobody is blocked [XEP-0191 3.5]',
    {
      friends: [
        ['juliet', 'romeo'],
        ['juliet', 'nurse'],
      ],
    },
    async ({ juliet, romeo, nurse, tybalt }) => {
      await blocks(juliet, romeo.bare, nurse, tybalt);
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await nurse.gets`<presence type='unavailable' from='${juliet}' to='${nurse}'/>`;
      await unblocks(juliet);
      await romeo.gets`<presence from='${juliet}' to='${romeo.bare}'/>`;
      await nurse.gets`<presence from='${juliet}' to='${nurse}'/>`;
      await hasBlocked(juliet);
    },
  );

  conversation(
    'is told when removed from the roster, but not who is there [RFC6121 2.5.2, XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await blocks(juliet, romeo.bare);
      await romeo.forgets();
      await juliet.sends`
        <iq type='set' id='r'>
          <query xmlns='jabber:iq:roster'><item jid='${romeo.bare}' subscription='remove'/></query>
        </iq>`;
      await juliet.gets`<iq type='result' id='r'/>`;
      await romeo.gets`
        <presence type='unsubscribe' from='${juliet.bare}'/>
        <presence type='unsubscribed' from='${juliet.bare}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'is who has subscribed, not whom the account sees [XEP-0191 3.3, 3.4]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await romeo.gets`<presence type='subscribe'/>`;
      await romeo.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
      await juliet.forgets();
      await romeo.forgets();
      await romeo.sends`<presence><show>away</show></presence>`;
      for (const client of [romeo, juliet]) await client.gets`<presence from='${romeo}'/>`;
      await blocks(juliet, romeo.bare);
      await unblocks(juliet, romeo.bare);
      await romeo.getsNothing();
    },
  );
});
