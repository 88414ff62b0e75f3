import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';
import { cardWith, hashOf, PNG, setsCard } from '../support/vcard.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const INFO = 'http://jabber.org/protocol/disco#info';

const NO_CARD = "<vCard xmlns='vcard-temp'/>";
const CARD = `<vCard xmlns='vcard-temp'><FN>Peter Saint-Andre</FN><N><FAMILY>Saint-Andre</FAMILY>
  <GIVEN>Peter</GIVEN><MIDDLE/></N><NICKNAME>stpeter</NICKNAME><BDAY>1966-08-06</BDAY>
  <TEL><WORK/><VOICE/><NUMBER>303-308-3282</NUMBER></TEL><TEL><WORK/><FAX/><NUMBER/></TEL>
  <EMAIL><INTERNET/><PREF/><USERID>stpeter@jabber.org</USERID></EMAIL>
  <DESC>More information about me: &lt;http://www.saint-andre.com/&gt;</DESC></vCard>`;

async function getsError(client: Client, condition: string, type: string): Promise<void> {
  await client.gets`
    <iq type='error'><error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error></iq>`;
}

describe('the own vCard', () => {
  conversation('is kept as it came [XEP-0054 3.1]', async ({ juliet }) => {
    await setsCard(juliet, CARD);
    for (const to of ['', `to='${juliet.bare}'`]) {
      await juliet.sends`<iq type='get' id='v1' ${to}>${NO_CARD}</iq>`;
      await juliet.gets`<iq type='result' id='v1' to='${juliet}'/>`;
      expect(juliet.lastText.replaceAll('"', "'")).toContain(CARD);
    }
  });

  conversation('is not found before there is one [XEP-0054 3.1]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
    await getsError(juliet, 'item-not-found', 'cancel');
  });

  conversation('is replaced as a whole [XEP-0054 3.2]', async ({ juliet }) => {
    await setsCard(juliet, CARD);
    await setsCard(juliet, "<vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard>");
    await juliet.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
    await juliet.gets`<iq type='result' id='v1'><vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard></iq>`;
    expect(juliet.lastText).not.toContain('NICKNAME');
  });

  conversation(
    'is the same for all devices of the account [XEP-0054 3.1]',
    async ({ juliet: { laptop, phone } }) => {
      await setsCard(laptop, CARD);
      await phone.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
      await phone.gets`<iq type='result' id='v1'>${CARD}</iq>`;
    },
  );

  conversation('may be written with a prefix [XEP-0054 3.2]', async ({ juliet }) => {
    const card = `<v:vCard xmlns:v='vcard-temp'><v:FN>Juliet</v:FN><note xmlns='urn:example'><![CDATA[<&>]]></note></v:vCard>`;
    await setsCard(juliet, card);
    await juliet.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
    await juliet.gets`
      <iq type='result' id='v1'>
        <vCard xmlns='vcard-temp'><FN>Juliet</FN><note xmlns='urn:example'>&lt;&amp;></note></vCard>
      </iq>`;
  });

  conversation('may be emptied, and then it is empty [XEP-0054 3.1]', async ({ juliet }) => {
    await setsCard(juliet, CARD);
    await setsCard(juliet, NO_CARD);
    await juliet.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
    await juliet.gets`<iq type='result' id='v1'><vCard xmlns='vcard-temp'>${nothing}</vCard></iq>`;
  });

  conversationInside(
    'is on disk before the client hears of it [XEP-0054 3.2]',
    { onDisk: true, quiet: true },
    async ({ juliet }, server) => {
      await setsCard(juliet, cardWith(PNG, '<NICKNAME>Jule</NICKNAME>'));
      expect(server.storage.durability.committed).toBe(server.storage.durability.latest);
      expect(await server.storage.vcards.find(juliet.bare)).toMatchObject({
        xml: expect.stringContaining('<NICKNAME>Jule</NICKNAME>'),
        photoHash: hashOf(PNG),
      });
      expect(await server.storage.users.find(juliet.bare)).toMatchObject({ nickname: 'Jule' });
    },
  );
});

describe("somebody else's vCard", () => {
  conversation(
    'is answered by the server, even for one who is away [XEP-0054 3.3]',
    { absent: ['nurse'] },
    async ({ juliet, romeo, nurse }) => {
      await setsCard(romeo, CARD);
      await nurse.signsIn();
      await setsCard(nurse, CARD);
      await nurse.leaves();
      for (const { bare } of [romeo, nurse]) {
        await juliet.sends`<iq type='get' id='v3' to='${bare}'>${NO_CARD}</iq>`;
        await juliet.gets`<iq type='result' id='v3' from='${bare}' to='${juliet}'>${CARD}</iq>`;
      }
    },
  );

  conversation(
    'is the same error without a card, with an empty one, and without an account [XEP-0054 3.3]',
    async ({ juliet, romeo, nurse }, server) => {
      await setsCard(nurse, NO_CARD);
      const answers = [];
      for (const to of [romeo.bare, nurse.bare, `nobody@${server}`]) {
        await juliet.sends`<iq type='get' id='v3' to='${to}'>${NO_CARD}</iq>`;
        await getsError(juliet, 'service-unavailable', 'cancel');
        answers.push(juliet.lastText.replace(`from='${to}'`, ''));
      }
      expect(new Set(answers).size).toBe(1);
    },
  );

  conversation(
    'is not to be changed, whether or not the account exists [XEP-0054 3.2]',
    async ({ juliet, romeo }, server) => {
      await setsCard(romeo, CARD);
      const answers = [];
      for (const to of [romeo.bare, `nobody@${server}`, server.domain]) {
        await juliet.sends`<iq type='set' id='v2' to='${to}'>${NO_CARD}</iq>`;
        await getsError(juliet, 'forbidden', 'auth');
        answers.push(juliet.lastText.replace(`from='${to}'`, ''));
      }
      expect(new Set(answers).size).toBe(1);
      await romeo.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
      await romeo.gets`<iq type='result' id='v1'>${CARD}</iq>`;
    },
  );

  conversation(
    'may be kept for contacts; strangers hear what they hear of nobody [XEP-0054 5]',
    { friends: [['juliet', 'romeo']], config: { modules: { vcard: { readableBy: 'contacts' } } } },
    async ({ juliet, romeo, nurse }, server) => {
      await setsCard(romeo, CARD);
      await juliet.sends`<iq type='get' id='v3' to='${romeo.bare}'>${NO_CARD}</iq>`;
      await juliet.gets`<iq type='result' id='v3' from='${romeo.bare}'>${CARD}</iq>`;
      const answers = [];
      for (const to of [romeo.bare, `nobody@${server}`]) {
        await nurse.sends`<iq type='get' id='v3' to='${to}'>${NO_CARD}</iq>`;
        await getsError(nurse, 'service-unavailable', 'cancel');
        answers.push(nurse.lastText.replace(`from='${to}'`, ''));
      }
      expect(new Set(answers).size).toBe(1);
      await romeo.sends`<iq type='get' id='v1'>${NO_CARD}</iq>`;
      await romeo.gets`<iq type='result' id='v1'>${CARD}</iq>`;
    },
  );
});

describe("the server's vCard", () => {
  conversation('has its name at least [XEP-0054 3.3]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='v1' to='${server}'>${NO_CARD}</iq>`;
    await juliet.gets`
      <iq type='result' id='v1' from='${server}'>
        <vCard xmlns='vcard-temp'><FN>${server}</FN><JABBERID>${server}</JABBERID></vCard>
      </iq>`;
    expect(juliet.lastText).not.toMatch(/<(EMAIL|ORG|URL|DESC)/);
  });

  const facts = {
    name: 'House of <Capulet>',
    organization: 'Capulet & Sons',
    url: 'https://capulet.example/',
    email: 'steward@capulet.example',
    description: 'For the family',
  };
  conversation(
    'says what the operator wants it to say [XEP-0054 3.3]',
    { config: { modules: { vcard: { server: facts } } } },
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='v1' to='${server}'>${NO_CARD}</iq>`;
      await juliet.gets`
        <iq type='result' id='v1'>
          <vCard xmlns='vcard-temp'>
            <FN>House of &lt;Capulet></FN>
            <EMAIL><INTERNET/><USERID>steward@capulet.example</USERID></EMAIL>
            <JABBERID>${server}</JABBERID>
            <ORG><ORGNAME>Capulet &amp; Sons</ORGNAME></ORG>
            <URL>https://capulet.example/</URL>
            <DESC>For the family</DESC>
          </vCard>
        </iq>`;
    },
  );
});

conversation(
  'server and account say that they have vCards, and claim no PEP [XEP-0054 4, XEP-0398 2]',
  async ({ juliet }, server) => {
    for (const to of [server.domain, juliet.bare]) {
      await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${INFO}'/></iq>`;
      await juliet.gets`
        <iq type='result' id='1'><query xmlns='${INFO}'><feature var='vcard-temp'/></query></iq>`;
      expect(juliet.lastText).not.toContain('pep-vcard-conversion');
    }
  },
);

describe('the nickname that the server knows', () => {
  for (const [what, card, nickname] of [
    ['the nickname', '<FN>Juliet Capulet</FN><NICKNAME>Jule</NICKNAME>', 'Jule'],
    [
      'else the name, in one line',
      '<NICKNAME> </NICKNAME><FN> Juliet\n  Capulet </FN>',
      'Juliet Capulet',
    ],
    ['none where there is neither', '<N><GIVEN>Juliet</GIVEN></N>', null],
    ['none of another namespace', "<NICKNAME xmlns='urn:example'>Jule</NICKNAME>", null],
    ['the beginning of a long one', `<FN>${'🌹'.repeat(300)}</FN>`, '🌹'.repeat(255)],
  ] as const) {
    conversationInside(`is ${what} [XEP-0054 3.2]`, {}, async ({ juliet }, server) => {
      await juliet.exists();
      server.storage.users.update(juliet.bare, { nickname: 'before' });
      await setsCard(juliet, `<vCard xmlns='vcard-temp'>${card}</vCard>`);
      expect(await server.storage.users.find(juliet.bare)).toMatchObject({ nickname });
    });
  }
});
