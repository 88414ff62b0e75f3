import { describe, expect } from '@jest/globals';
import { MAM, readsArchive, STANZA_ID, stanzaIdsBy } from '../support/archive.ts';
import { enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';
import { signsInAtOnce } from '../support/sasl2.ts';
import type { TestServer } from '../support/server.ts';

const HINTS = 'urn:xmpp:hints';
const MARKERS = 'urn:xmpp:chat-markers:0';
const HOUR = 3_600_000;

function chat(to: Client | string, body: string, more = ''): string {
  return `<message to='${to}' type='chat' id='${body}'><body>${body}</body>${more}</message>`;
}

describe('who is bound with Bind 2', () => {
  conversation(
    'is told what the archive holds [XEP-0386 3.2, XEP-0313 5]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      const empty = await signsInAtOnce(romeo);
      await romeo.getsNothing();
      await juliet.sends`${chat(empty, '1')}${chat(romeo.bare, '2')}`;
      const first = await romeo.gets`<message id='1'/>`;
      await juliet.getsNothing();
      await romeo.leaves();
      await signsInAtOnce(romeo, {
        bound: `
          <metadata xmlns='${MAM}'>
            <start id='${stanzaIdsBy(first, romeo.bare)[0]!}' timestamp='${anything}'/>
            <end id='${anything}' timestamp='${anything}'/>
          </metadata>`,
      });
    },
  );

  conversation(
    'is told that it holds nothing [XEP-0386 3.2, XEP-0313 5]',
    { absent: ['romeo'] },
    async ({ romeo }) => {
      await signsInAtOnce(romeo, { bound: `<metadata xmlns='${MAM}'>${nothing}</metadata>` });
      expect(romeo.features).toContain(`<feature var="${MAM}"/>`);
    },
  );

  conversation(
    'gets of what waits only what is not in the archive, and it waits no longer [XEP-0386 3.2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`
        ${chat(romeo.bare, '1')}
        ${chat(romeo.bare, '2', `<no-permanent-store xmlns='${HINTS}'/>`)}
        ${chat(romeo.bare, '3')}`;
      await juliet.getsNothing();
      await signsInAtOnce(romeo);
      await romeo.getsNothing();
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      await romeo.gets`<message id='2'><delay xmlns='urn:xmpp:delay'/></message>`;
      await romeo.leaves();
      await romeo.returns();
      await romeo.getsNothing();
      expect((await readsArchive(romeo)).bodies).toEqual(['1', '3']);
    },
  );

  conversation(
    'gets what has come since [XEP-0386 3.2]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, '1')}`;
      await juliet.getsNothing();
      await signsInAtOnce(romeo);
      await juliet.sends`${chat(romeo.bare, '2')}`;
      await juliet.getsNothing();
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      const message = await romeo.gets`<message id='2'/>`;
      expect(stanzaIdsBy(message, romeo.bare)).toHaveLength(1);
    },
  );

  conversationInside(
    'gets what the archive has let go [XEP-0386 3.2]',
    { absent: ['romeo'], config: { modules: { archive: { maxMessages: 1 } } } },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`${chat(romeo.bare, '1')}${chat(romeo.bare, '2')}`;
      await juliet.getsNothing();
      await anHourPasses(server, juliet);
      await signsInAtOnce(romeo);
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      await romeo.gets`<message id='1'/>`;
    },
  );
});

describe('what waits for one who is away', () => {
  conversation(
    'comes with the id of the archive, wherever it is looked for [XEP-0313 6.1.1]',
    { absent: ['romeo.laptop', 'romeo.phone'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`${chat(laptop.bare, '1')}`;
      await juliet.getsNothing();
      await laptop.signsIn();
      const waited = await laptop.gets`<message id='1'/>`;
      await laptop.leaves();
      await phone.signsIn();
      await phone.getsNothing();
      const { ids } = await readsArchive(phone);
      expect(stanzaIdsBy(waited, laptop.bare)).toEqual(ids);
    },
  );

  conversation(
    'does not come back where no more may wait, since the archive has it [XEP-0160 3]',
    { absent: ['romeo'], config: { modules: { offline: { maxMessages: 1 } } } },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, '1')}${chat(romeo.bare, '2')}`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<message id='1'/>`;
      expect((await readsArchive(romeo)).bodies).toEqual(['1', '2']);
    },
  );

  conversation(
    'is in the archive once, whichever device gets it in the end [XEP-0313 6.1.1]',
    { quiet: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      await juliet.sends`${chat(laptop.bare, '1')}`;
      const seen: string[] = [];
      for (const device of [laptop, phone]) {
        await device.gets`<message><received xmlns='urn:xmpp:carbons:2'/></message>`;
        seen.push(/stanza-id[^>]* id="([^"]+)"/.exec(device.lastText)![1]!);
      }
      await laptop.sends`<presence/>`;
      await laptop.gets`<presence/>`;
      await phone.forgets();
      await laptop.getsNothing();
      const { ids } = await readsArchive(laptop);
      expect(seen).toEqual([ids[0], ids[0]]);
    },
  );
});

describe('a message that looks for another device', () => {
  conversation(
    'is stored once, and keeps its id [XEP-0359 3.1]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, '1')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ deaf: true });
      const first = await romeo.gets`<message id='1'/>`;
      await romeo.vanishes();
      await romeo.returns();
      const second = await romeo.gets`<message id='1'/>`;
      const { ids } = await readsArchive(romeo);
      expect(ids).toHaveLength(1);
      for (const message of [first, second]) {
        expect(stanzaIdsBy(message, romeo.bare)).toEqual(ids);
        expect(message.getChildren('stanza-id', STANZA_ID)).toHaveLength(1);
      }
    },
  );
});

describe('old messages', () => {
  conversationInside(
    'leave the archive in time, and those that came later stay [XEP-0313 3.2]',
    { quiet: true, config: { modules: { archive: { expireAfter: '90m' } } } },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`${chat(romeo, '1')}`;
      const first = await romeo.gets`<message id='1'/>`;
      await anHourPasses(server, juliet, romeo);
      await juliet.sends`${chat(romeo, '2')}`;
      await romeo.gets`<message id='2'/>`;
      expect((await readsArchive(romeo)).bodies).toEqual(['1', '2']);
      await anHourPasses(server, juliet, romeo);
      for (const client of [juliet, romeo]) {
        await findsAtLast(client, ['2']);
      }
      const gone = stanzaIdsBy(first, romeo.bare)[0]!;
      await romeo.sends`
        <iq type='set' id='q'>
          <query xmlns='${MAM}'>
            <set xmlns='http://jabber.org/protocol/rsm'><after>${gone}</after></set>
          </query>
        </iq>`;
      await romeo.gets`
        <iq type='error' id='q'>
          <error><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>
        </iq>`;
    },
  );

  conversationInside(
    'leave the archive where there are too many, each account’s own [XEP-0313 3.2]',
    { quiet: true, config: { modules: { archive: { maxMessages: 2 } } } },
    async ({ juliet, romeo, nurse }, server) => {
      for (const body of ['1', '2', '3']) {
        await juliet.sends`${chat(romeo, body)}`;
        await romeo.gets`<message id='${body}'/>`;
      }
      await juliet.sends`${chat(nurse, '4')}`;
      await nurse.gets`<message id='4'/>`;
      await anHourPasses(server, juliet, romeo, nurse);
      await findsAtLast(juliet, ['3', '4']);
      await findsAtLast(romeo, ['2', '3']);
      await findsAtLast(nurse, ['4']);
    },
  );

  conversationInside(
    'go by the settings of now [XEP-0313 3.2]',
    { quiet: true },
    async ({ juliet, romeo }, server) => {
      for (const body of ['1', '2', '3']) {
        await juliet.sends`${chat(romeo, body)}`;
        await romeo.gets`<message id='${body}'/>`;
      }
      server.useSettings({ modules: { archive: { maxMessages: 1 } } });
      await findsAtLast(romeo, ['3']);
    },
  );
});

/** Messages go in the background, so that nobody is told when the last of them has gone. */
async function findsAtLast(client: Client, bodies: readonly string[]): Promise<void> {
  for (let found: readonly string[] = []; String(found) !== String(bodies); ) {
    found = (await readsArchive(client)).bodies;
    expect(found.slice(-bodies.length)).toEqual(bodies);
  }
}

/** Everybody says something now and then, so that nobody is taken for dead. */
async function anHourPasses(server: TestServer, ...clients: readonly Client[]): Promise<void> {
  for (let step = 0; step < 60; step++) {
    server.clock.advance(HOUR / 60);
    for (const client of clients) await client.settles();
  }
}

describe('what is not read yet', () => {
  async function unread(server: TestServer, owner: Client, peer: Client) {
    const query = { unreadOnly: false, from: 'newest', limit: 10 } as const;
    const { conversations } = await server.storage.archive.conversations(owner.bare, query);
    return conversations.find((each) => each.peer === peer.bare)?.unread;
  }

  conversationInside(
    'is what others have said, up to what one says oneself [XEP-0313 6.1.1]',
    {},
    async ({ juliet, romeo }, server) => {
      const receipt = "<received xmlns='urn:xmpp:receipts' id='1'/>";
      const correction = "<replace xmlns='urn:xmpp:message-correct:0' id='1'/>";
      await juliet.sends`
        ${chat(romeo, '1')}${chat(romeo, '2')}${chat(romeo, '3', correction)}
        <message to='${romeo}' type='chat' id='4'>${receipt}</message>
        <message to='${romeo}' type='chat' id='5'><openpgp xmlns='urn:xmpp:openpgp:0'/></message>`;
      for (const id of ['1', '2', '3', '4', '5']) await romeo.gets`<message id='${id}'/>`;
      expect(await unread(server, romeo, juliet)).toBe(3);
      expect(await unread(server, juliet, romeo)).toBe(0);
      await romeo.sends`<message to='${juliet}' type='chat' id='6'>${receipt}</message>`;
      await juliet.gets`<message id='6'/>`;
      expect(await unread(server, romeo, juliet)).toBe(3);
      await romeo.sends`${chat(juliet, '7')}`;
      await juliet.gets`<message id='7'/>`;
      expect(await unread(server, romeo, juliet)).toBe(0);
      expect(await unread(server, juliet, romeo)).toBe(1);
    },
  );

  conversationInside(
    'is read where one says so [XEP-0333 4.3]',
    {},
    async ({ juliet, romeo }, server) => {
      for (const body of ['1', '2', '3']) {
        await juliet.sends`${chat(romeo, body)}`;
        await romeo.gets`<message id='${body}'/>`;
      }
      const displayed = async (id: string, more = '') => {
        await romeo.sends`
          <message to='${juliet}' id='d'><displayed xmlns='${MARKERS}' id='${id}'/>${more}</message>`;
        await juliet.gets`<message id='d'/>`;
        await juliet.settles();
        return await unread(server, romeo, juliet);
      };
      expect(await displayed('nothing')).toBe(3);
      expect(await displayed('2')).toBe(1);
      expect(await displayed('1')).toBe(1);
      expect(await displayed('3', `<no-store xmlns='${HINTS}'/>`)).toBe(0);
    },
  );
});
