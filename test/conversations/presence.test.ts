import { describe } from '@jest/globals';
import { storeAccount } from '../support/accounts.ts';
import { PASSWORD } from '../support/client.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';
import { rosterItem } from '../support/roster-item.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

describe('initial presence', () => {
  conversation(
    'is shown to contacts who may see it, and to nobody else [RFC6121 4.2.2]',
    { absent: ['romeo'], friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, nurse }) => {
      await romeo.signsIn();
      await juliet.gets`<presence from='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await nurse.getsNothing();
    },
  );

  conversation(
    'is shown to the session itself and to the other sessions of the account [RFC6121 4.2.2]',
    { quiet: ['juliet.phone'] },
    async ({ juliet: { laptop, phone } }) => {
      await phone.sends`<presence id='here'><show>away</show></presence>`;
      await laptop.gets`<presence from='${phone}' id='here'><show>away</show></presence>`;
      await phone.getsInAnyOrder`
        <presence from='${phone}' id='here'/>
        <presence from='${laptop}'/>`;
    },
  );

  conversation(
    'brings the presence of every resource of the contacts [RFC6121 4.3.2]',
    { absent: ['romeo'], friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone, tablet }, romeo }) => {
      await phone.sends`<presence><show>dnd</show><status>Wooing Romeo</status></presence>`;
      for (const client of [laptop, phone, tablet]) {
        await client.gets`<presence from='${phone}'><show>dnd</show></presence>`;
      }
      await tablet.sends`<presence type='unavailable'/>`;
      for (const client of [laptop, phone, tablet]) {
        await client.gets`<presence type='unavailable' from='${tablet}'/>`;
      }
      await romeo.signsIn();
      await romeo.getsInAnyOrder`
        <presence from='${laptop}'/>
        <presence from='${phone}'><show>dnd</show><status>Wooing Romeo</status></presence>`;
      for (const client of [laptop, phone]) await client.gets`<presence from='${romeo}'/>`;
    },
  );

  conversation(
    'is needed before presence of others comes in [RFC6121 4.3.2]',
    { quiet: ['romeo'], friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence><show>away</show></presence>`;
      await juliet.gets`<presence from='${juliet}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'does not reach one-sided subscribers of the other side [RFC6121 4.2.2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
      await romeo.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
      await juliet.gets`<presence type='subscribed' from='${romeo.bare}'/>`;
      await juliet.gets`<presence from='${romeo}'/>`;
      // Juliet sees Romeo; Romeo does not see Juliet.
      await juliet.sends`<presence><show>xa</show></presence>`;
      await juliet.gets`<presence from='${juliet}'><show>xa</show></presence>`;
      await romeo.getsNothing();
    },
  );
});

describe('changes of presence', () => {
  conversation(
    'are shown whole to contacts and own sessions [RFC6121 4.4.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await laptop.sends`
        <presence xml:lang='en'>
          <show>away</show><status>I shall return!</status><priority>1</priority>
          <x xmlns='urn:example:mood'>sad</x>
        </presence>`;
      for (const client of [laptop, phone, romeo]) {
        await client.gets`
          <presence from='${laptop}' xml:lang='en'>
            <show>away</show><status>I shall return!</status><priority>1</priority>
            <x xmlns='urn:example:mood'>sad</x>
          </presence>`;
      }
    },
  );

  conversation(
    'bring no probes again [RFC6121 4.4.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence><show>away</show></presence>`;
      await juliet.gets`<presence from='${juliet}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.getsNothing();
    },
  );
});

describe('going away', () => {
  conversation(
    'is shown to contacts and own sessions, with the reason [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await laptop.sends`<presence type='unavailable'><status>gone home</status></presence>`;
      for (const client of [laptop, phone, romeo]) {
        await client.gets`
          <presence type='unavailable' from='${laptop}'><status>gone home</status></presence>`;
      }
    },
  );

  conversation(
    'by closing the stream is shown by the server [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await laptop.leaves();
      await romeo.gets`<presence type='unavailable' from='${laptop}'/>`;
      await phone.gets`<presence type='unavailable' from='${laptop}'/>`;
    },
  );

  conversation(
    'by a broken connection is shown by the server [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await laptop.vanishes();
      await romeo.gets`<presence type='unavailable' from='${laptop}'/>`;
      await phone.gets`<presence type='unavailable' from='${laptop}'/>`;
    },
  );

  conversation(
    'happens once, however often it is said [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='unavailable'/>`;
      await juliet.gets`<presence type='unavailable' from='${juliet}'/>`;
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.getsNothing();
    },
  );

  conversation(
    'and coming back works on the same stream [RFC6121 4.5.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='unavailable'/>`;
      await juliet.gets`<presence type='unavailable' from='${juliet}'/>`;
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await juliet.sends`<presence/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.getsInAnyOrder`<presence from='${juliet}'/><presence from='${romeo}'/>`;
    },
  );

  conversation(
    'without having been there is nobody’s business [RFC6121 4.5.2]',
    { quiet: ['juliet'], friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.leaves();
      await romeo.getsNothing();
    },
  );
});

describe('directed presence', () => {
  conversation(
    'goes to its address, and is taken back when the sender goes [RFC6121 4.6.3]',
    async ({ juliet, romeo, nurse }) => {
      await juliet.sends`<presence to='${romeo}'><status>psst</status></presence>`;
      await romeo.gets`<presence from='${juliet}' to='${romeo}'><status>psst</status></presence>`;
      await juliet.sends`<presence type='unavailable'/>`;
      await juliet.gets`<presence type='unavailable'/>`;
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await nurse.getsNothing();
    },
  );

  conversation(
    'does not make its recipient see later changes [RFC6121 4.6.3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.sends`<presence><show>away</show></presence>`;
      await juliet.gets`<presence from='${juliet}'><show>away</show></presence>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'is taken back when the connection breaks [RFC6121 4.6.3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.vanishes();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    },
  );

  conversation(
    'is taken back from one who never broadcast any [RFC6121 4.6.3]',
    { quiet: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    },
  );

  conversation(
    'taken back by its sender is not taken back again [RFC6121 4.6.3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await juliet.sends`<presence to='${romeo}' type='unavailable'/>`;
      await romeo.gets`<presence from='${juliet}'/><presence type='unavailable' from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.getsNothing();
    },
  );

  conversation(
    'to a contact is taken back once [RFC6121 4.6.3]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence to='${romeo}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'to a bare address reaches every available resource [RFC6121 8.5.2.1.2]',
    { quiet: ['romeo.tablet'] },
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await juliet.sends`<presence to='${laptop.bare}'/>`;
      await laptop.gets`<presence from='${juliet}' to='${laptop.bare}'/>`;
      await phone.gets`<presence from='${juliet}' to='${laptop.bare}'/>`;
      await tablet.getsNothing();
    },
  );

  conversation(
    'to a resource that is not there is ignored [RFC6121 8.5.3.2.2]',
    async ({ juliet, romeo }, server) => {
      await juliet.sends`<presence to='${romeo.bare}/gone'/>`;
      await juliet.sends`<presence to='nobody@${server}/gone'/>`;
      await juliet.sends`<presence to='nobody@${server}'/>`;
      await romeo.getsNothing();
      await juliet.getsNothing();
    },
  );

  conversation(
    'to a domain that is not served comes back [RFC6120 8.3.3.16]',
    async ({ juliet }) => {
      await juliet.sends`<presence to='romeo@nowhere.invalid/x' id='p'/>`;
      await juliet.gets`
        <presence type='error' id='p' from='romeo@nowhere.invalid/x'>
          <error type='cancel'><remote-server-not-found xmlns='${STANZA_ERRORS}'/></error>
        </presence>`;
    },
  );
});

describe('probes', () => {
  conversation(
    'by a subscriber are answered with what the contact shows [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`<presence type='probe' to='${laptop.bare}'/>`;
      await juliet.getsInAnyOrder`<presence from='${laptop}'/><presence from='${phone}'/>`;
      await laptop.getsNothing();
    },
  );

  conversation(
    'of a contact who is away say so [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']], absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence type='probe' to='${romeo.bare}'/>`;
      await juliet.gets`<presence type='unavailable' from='${romeo.bare}'/>`;
    },
  );

  conversation(
    'of the own account bring what its resources show [RFC6121 4.3.2]',
    async ({ juliet: { laptop, phone } }) => {
      await laptop.sends`<presence type='probe' to='${laptop.bare}'/>`;
      await laptop.getsInAnyOrder`<presence from='${laptop}'/><presence from='${phone}'/>`;
      await phone.getsNothing();
    },
  );

  conversation('by strangers learn nothing [RFC6121 4.3.2]', async ({ juliet, romeo }, server) => {
    await juliet.sends`<presence type='probe' to='${romeo.bare}'/>`;
    await juliet.sends`<presence type='probe' to='nobody@${server}'/>`;
    await juliet.getsNothing();
    await romeo.getsNothing();
  });

  conversationInside(
    'end a subscription that the other side does not know, or that has no other side [RFC6121 4.3.2, 8.5.1]',
    { absent: ['juliet', 'romeo'] },
    async ({ juliet, romeo }, server) => {
      await juliet.exists();
      for (const contact of [romeo.bare, `nobody@${server}`]) {
        server.storage.rosters.put(juliet.bare, rosterItem(contact, 'to'));
      }
      await juliet.signsIn();
      await juliet.getsInAnyOrder`
        <presence type='unsubscribed' from='${romeo.bare}' to='${anything}'>${nothing}</presence>
        <presence type='unsubscribed' from='nobody@${server}' to='${anything}'>${nothing}</presence>`;
    },
  );

  // Those without a session are asked all at once where there are some of them.
  conversationInside(
    'to many contacts who are away are answered by those who let it [RFC6121 4.3.2]',
    { friends: [['juliet', 'romeo']], absent: ['juliet', 'nurse'] },
    async ({ juliet, romeo, nurse }, server) => {
      await Promise.all([juliet.exists(), nurse.exists()]);
      const friends = [`paris@${server}`, `abram@${server}`, `peter@${server}`] as const;
      for (const owner of friends) {
        await storeAccount(server.storage, owner, PASSWORD);
        server.storage.rosters.put(owner, rosterItem(juliet.bare, 'both'));
      }
      server.storage.rosters.put(nurse.bare, rosterItem(juliet.bare, 'to'));
      for (const owner of [...friends, nurse.bare])
        server.storage.rosters.put(juliet.bare, rosterItem(owner, 'both'));
      await juliet.signsIn();
      await juliet.getsInAnyOrder`
        <presence from='${romeo}'/>
        <presence type='unavailable' from='${friends[0]}'/>
        <presence type='unavailable' from='${friends[1]}'/>
        <presence type='unavailable' from='${friends[2]}'/>
        <presence type='unsubscribed' from='${nurse.bare}'>${nothing}</presence>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.getsNothing();
    },
  );

  // What was asked before is at hand for who comes again.
  conversationInside(
    'to many contacts are answered the same each time [RFC6121 4.3.2, XEP-0191 3.3]',
    { friends: [['juliet', 'romeo']], absent: ['juliet'] },
    async ({ juliet, romeo, nurse }, server) => {
      await juliet.exists();
      const others = ['paris', 'abram', 'peter', 'tybalt'].map((name) => `${name}@${server}`);
      for (const owner of others) {
        await storeAccount(server.storage, owner, PASSWORD);
        server.storage.rosters.put(owner, rosterItem(juliet.bare, 'both'));
      }
      server.storage.blocks.add(others[3]!, [juliet.bare]);
      for (const owner of others)
        server.storage.rosters.put(juliet.bare, rosterItem(owner, 'both'));
      server.storage.rosters.put(juliet.bare, rosterItem(nurse.bare, 'to'));
      await juliet.signsIn();
      const fromThose = `
        <presence from='${romeo}'/>
        <presence type='unavailable' from='${others[0]}'/>
        <presence type='unavailable' from='${others[1]}'/>
        <presence type='unavailable' from='${others[2]}'/>`;
      await juliet.getsInAnyOrder`
        ${fromThose}
        <presence type='unsubscribed' from='${nurse.bare}'>${nothing}</presence>`;
      await juliet.getsNothing();
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.leaves();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await juliet.returns();
      await juliet.getsInAnyOrder`${fromThose}`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await juliet.getsNothing();
      await nurse.getsNothing();
    },
  );
});

describe('the syntax of presence', () => {
  for (const [what, content] of [
    ['priority 128', '<priority>128</priority>'],
    ['priority -129', '<priority>-129</priority>'],
    ['priority 1e1', '<priority>1e1</priority>'],
    ['an empty priority', '<priority/>'],
    ['an unknown show', '<show>chatty</show>'],
  ]) {
    conversation(
      `${what} is refused [RFC6121 4.7.2]`,
      { friends: [['juliet', 'romeo']] },
      async ({ juliet, romeo }) => {
        await juliet.sends`<presence id='p'>${content!}</presence>`;
        await juliet.gets`
          <presence type='error' id='p'>
            <error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error>
          </presence>`;
        await romeo.getsNothing();
      },
    );
  }

  conversation(
    'an empty show says nothing, and is passed on [RFC6121 4.7.2.1]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<presence><show/><status/></presence>`;
      await juliet.gets`<presence from='${juliet}'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
    },
  );

  for (const priority of ['-128', '127', '+5', ' 7 ']) {
    conversation(
      `priority '${priority}' is passed on [RFC6121 4.7.2.3]`,
      { friends: [['juliet', 'romeo']] },
      async ({ juliet, romeo }) => {
        await juliet.sends`<presence><priority>${priority}</priority></presence>`;
        await juliet.gets`<presence from='${juliet}'/>`;
        await romeo.gets`<presence><priority>${priority.trim()}</priority></presence>`;
      },
    );
  }

  conversation('an unknown type is refused [RFC6121 4.7.1]', async ({ juliet, romeo }) => {
    await juliet.sends`<presence to='${romeo}' type='visible' id='p'/>`;
    await juliet.gets`
      <presence type='error' id='p'>
        <error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error>
      </presence>`;
    await romeo.getsNothing();
  });

  conversation(
    'an error reaches the full address and nobody at the bare one [RFC6121 8.5.2.1.2]',
    async ({ juliet, romeo }) => {
      const error = `<error type='cancel'><gone xmlns='${STANZA_ERRORS}'/></error>`;
      await juliet.sends`<presence type='error' to='${romeo}'>${error}</presence>`;
      await romeo.gets`<presence type='error' from='${juliet}'><error/></presence>`;
      await juliet.sends`<presence type='error' to='${romeo.bare}'>${error}</presence>`;
      await romeo.getsNothing();
    },
  );
});
