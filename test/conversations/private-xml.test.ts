import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const INFO = 'http://jabber.org/protocol/disco#info';

const PREFS =
  "<exodus xmlns='exodus:prefs'><defaultnick>Hamlet</defaultnick><other size='1'>&lt;&amp;</other></exodus>";
const ASK_PREFS = "<exodus xmlns='exodus:prefs'/>";

/** As Profanity, aioxmpp, mcabber and Gajim keep them. */
const BOOKMARKS = `<storage xmlns='storage:bookmarks'><conference name='Council of Oberon' autojoin='true'
  jid='council@conference.underhill.org'><nick>Puck</nick></conference></storage>`;
const NOTES = `<storage xmlns='storage:rosternotes'><note jid='romeo@example.net'>My love</note></storage>`;
const DELIMITER = "<roster xmlns='roster:delimiter'>::</roster>";

const query = (content: string) => `<query xmlns='jabber:iq:private'>${content}</query>`;

async function sets(client: Client, content: string): Promise<void> {
  await client.sends`<iq type='set' id='1001'>${query(content)}</iq>`;
  await client.gets`<iq type='result' id='1001' to='${client}'>${nothing}</iq>`;
}

async function finds(client: Client, asked: string, kept: string): Promise<void> {
  await client.sends`<iq type='get' id='1002'>${query(asked)}</iq>`;
  await client.gets`<iq type='result' id='1002' to='${client}'>${query(kept)}</iq>`;
}

async function getsError(client: Client, condition: string, type: string): Promise<void> {
  await client.gets`
    <iq type='error'><error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error></iq>`;
}

describe('what a client keeps for itself', () => {
  conversation('is there when it asks for it [XEP-0049 2.3]', async ({ juliet }) => {
    await sets(juliet, PREFS);
    await finds(juliet, ASK_PREFS, PREFS);
    expect(juliet.lastText.replaceAll('"', "'")).toContain(PREFS);
  });

  conversation('comes back empty before it was set [XEP-0049 2.3]', async ({ juliet }) => {
    await finds(juliet, ASK_PREFS, `<exodus xmlns='exodus:prefs'>${nothing}</exodus>`);
    await finds(
      juliet,
      "<storage xmlns='storage:bookmarks'/>",
      `<storage xmlns='storage:bookmarks'>${nothing}</storage>`,
    );
  });

  conversation('is replaced by what is set later [XEP-0049 2.3]', async ({ juliet }) => {
    await sets(juliet, PREFS);
    await sets(juliet, "<exodus xmlns='exodus:prefs'><theme>dark</theme></exodus>");
    await finds(juliet, ASK_PREFS, "<exodus xmlns='exodus:prefs'><theme>dark</theme></exodus>");
    expect(juliet.lastText).not.toContain('defaultnick');
    await sets(juliet, ASK_PREFS);
    await finds(juliet, ASK_PREFS, `<exodus xmlns='exodus:prefs'>${nothing}</exodus>`);
  });

  conversation(
    'is there for all devices of the account [XEP-0049 2.1]',
    async ({ juliet: { laptop, phone } }) => {
      await sets(laptop, BOOKMARKS);
      await finds(phone, "<storage xmlns='storage:bookmarks'/>", BOOKMARKS);
      await laptop.leaves();
      await phone.forgets();
      await phone.leaves();
      await phone.returns();
      await finds(phone, "<storage xmlns='storage:bookmarks'/>", BOOKMARKS);
    },
  );

  conversation('is told apart by namespace and by name [XEP-0049 2.3]', async ({ juliet }) => {
    for (const kept of [BOOKMARKS, NOTES, DELIMITER]) await sets(juliet, kept);
    await finds(juliet, "<storage xmlns='storage:bookmarks'/>", BOOKMARKS);
    await finds(juliet, "<storage xmlns='storage:rosternotes'/>", NOTES);
    await finds(juliet, "<roster xmlns='roster:delimiter'/>", DELIMITER);
    await finds(
      juliet,
      "<other xmlns='storage:bookmarks'/>",
      `<other xmlns='storage:bookmarks'>${nothing}</other>`,
    );
  });

  conversation(
    'may be several elements at once, of one namespace in a get [XEP-0049 2.3]',
    async ({ juliet }) => {
      const window = "<window xmlns='exodus:prefs' width='100'/>";
      await sets(juliet, `${PREFS}${window}${DELIMITER}`);
      await finds(juliet, "<roster xmlns='roster:delimiter'/>", DELIMITER);
      await finds(juliet, `${ASK_PREFS}<window xmlns='exodus:prefs'/>`, `${PREFS}${window}`);
      await juliet.sends`<iq type='get' id='1'>${query(`${ASK_PREFS}<roster xmlns='roster:delimiter'/>`)}</iq>`;
      await getsError(juliet, 'bad-request', 'modify');
    },
  );

  conversation('may be written with prefixes [XEP-0049 2.3]', async ({ juliet }) => {
    const element = "<p:exodus p:size='1'><p:nick/><plain xmlns='urn:example:a'/></p:exodus>";
    await juliet.sends`
      <iq type='set' id='1'><query xmlns='jabber:iq:private' xmlns:p='exodus:prefs'>${element}</query></iq>`;
    await juliet.gets`<iq type='result' id='1'/>`;
    await finds(
      juliet,
      ASK_PREFS,
      "<exodus xmlns='exodus:prefs'><nick/><plain xmlns='urn:example:a'/></exodus>",
    );
  });

  conversationInside(
    'is on disk before the client hears of it [XEP-0049 2.1]',
    { onDisk: true },
    async ({ juliet }, server) => {
      await sets(juliet, `${PREFS}${DELIMITER}`);
      const { privateXml, durability } = server.storage;
      expect(durability.committed).toBe(durability.latest);
      const name = { name: 'roster', xmlns: 'roster:delimiter' };
      expect(await privateXml.find(juliet.bare, name)).toContain('>::</roster>');
    },
  );
});

describe('what is refused', () => {
  conversation('is a query without an element [XEP-0049 2.3]', async ({ juliet }) => {
    for (const type of ['get', 'set']) {
      for (const content of ['', 'text']) {
        await juliet.sends`<iq type='${type}' id='1004'>${query(content)}</iq>`;
        await getsError(juliet, 'not-acceptable', 'modify');
      }
    }
  });

  for (const element of [
    "<vCard xmlns='vcard-temp'><FN>Hamlet</FN></vCard>",
    "<query xmlns='jabber:iq:roster'/>",
    "<x xmlns='http://jabber.org/protocol/muc'/>",
    '<inherited/>',
    "<none xmlns=''/>",
  ]) {
    conversation(
      `is an element without a namespace of its own: ${element} [XEP-0049 2.3, 3]`,
      async ({ juliet }) => {
        for (const type of ['get', 'set']) {
          await juliet.sends`<iq type='${type}' id='1005'>${query(`${PREFS}${element}`)}</iq>`;
          await getsError(juliet, 'not-acceptable', 'modify');
        }
        await finds(juliet, ASK_PREFS, `<exodus xmlns='exodus:prefs'>${nothing}</exodus>`);
      },
    );
  }

  conversation('is the same element twice in one set [XEP-0049 2.3]', async ({ juliet }) => {
    await juliet.sends`<iq type='set' id='1'>${query(`${PREFS}${ASK_PREFS}`)}</iq>`;
    await getsError(juliet, 'bad-request', 'modify');
  });

  conversation(
    "is what is somebody else's, whether or not they exist [XEP-0049 2.3, 4]",
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }, server) => {
      await sets(romeo, PREFS);
      for (const type of ['get', 'set']) {
        const answers = [];
        for (const to of [romeo.bare, `nobody@${server}`]) {
          await juliet.sends`<iq type='${type}' id='1003' to='${to}'>${query(ASK_PREFS)}</iq>`;
          await getsError(juliet, 'forbidden', 'auth');
          answers.push(juliet.lastText.replace(`from='${to}'`, ''));
        }
        expect(new Set(answers).size).toBe(1);
      }
      await finds(romeo, ASK_PREFS, PREFS);
    },
  );

  conversation(
    'is what is sent to the server itself [XEP-0049 2.3]',
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='1' to='${server}'>${query(ASK_PREFS)}</iq>`;
      await getsError(juliet, 'service-unavailable', 'cancel');
    },
  );
});

describe('the room of one account', () => {
  const few = { config: { modules: { 'private-xml': { maxElements: 3 } } } };
  conversation(
    'has so many elements; old ones may change [XEP-0049 2.1]',
    few,
    async ({ juliet }) => {
      await sets(juliet, PREFS);
      await juliet.sends`<iq type='set' id='1'>${query("<a xmlns='n'/><b xmlns='n'/><c xmlns='n'/>")}</iq>`;
      await getsError(juliet, 'resource-constraint', 'wait');
      // All of them or none.
      await finds(juliet, "<a xmlns='n'/>", `<a xmlns='n'>${nothing}</a>`);
      await sets(juliet, "<a xmlns='n'/><b xmlns='n'/>");
      await sets(juliet, `${ASK_PREFS}<a xmlns='n'>A</a><b xmlns='n'>B</b>`);
      await juliet.sends`<iq type='set' id='1'>${query("<c xmlns='n'/>")}</iq>`;
      await getsError(juliet, 'resource-constraint', 'wait');
      await juliet.sends`<iq type='get' id='1'>${query("<a xmlns='n'/><b xmlns='n'/><c xmlns='n'/><d xmlns='n'/>")}</iq>`;
      await getsError(juliet, 'resource-constraint', 'wait');
    },
  );

  const small = { config: { modules: { 'private-xml': { maxBytes: '1 KiB' } } } };
  conversation(
    'has so many bytes; what shrinks makes room [XEP-0049 2.1]',
    small,
    async ({ juliet }) => {
      const element = (name: string, length: number) => {
        const empty = `<${name} xmlns="n"></${name}>`;
        return `<${name} xmlns="n">${'x'.repeat(length - empty.length)}</${name}>`;
      };
      await sets(juliet, `${element('a', 500)}${element('b', 524)}`);
      await juliet.sends`<iq type='set' id='1'>${query(element('b', 525))}</iq>`;
      await getsError(juliet, 'resource-constraint', 'wait');
      await sets(juliet, `${element('a', 300)}${element('b', 624)}${element('c', 100)}`);
      await juliet.sends`<iq type='set' id='1'>${query(element('d', 30))}</iq>`;
      await getsError(juliet, 'resource-constraint', 'wait');
      await sets(juliet, element('a', 270));
      await sets(juliet, element('d', 30));
    },
  );

  // On disk, where one set is on its way when the next ones come.
  conversationInside(
    'is not exceeded by several devices at once [XEP-0049 2.1]',
    { ...few, onDisk: true },
    async ({ juliet: { laptop, phone, tablet } }) => {
      const devices = [laptop, phone, tablet];
      await Promise.all(
        devices.map(
          (device, n) =>
            device.sends`
            <iq type='set' id='1'>${query(`<a${n} xmlns='n'/>`)}</iq>
            <iq type='set' id='2'>${query(`<b${n} xmlns='n'/>`)}</iq>`,
        ),
      );
      const answers = [];
      for (const device of devices) {
        await device.settles();
        answers.push(...device.unread.map((text) => /type=['"](\w+)/.exec(text)?.[1]));
        await device.forgets();
      }
      expect(answers.sort()).toEqual(['error', 'error', 'error', 'result', 'result', 'result']);
    },
  );
});

conversation('server and account say that they keep private XML', async ({ juliet }, server) => {
  for (const to of [server.domain, juliet.bare]) {
    await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${INFO}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1'><query xmlns='${INFO}'><feature var='jabber:iq:private'/></query></iq>`;
  }
});
