import { describe, expect } from '@jest/globals';
import { archivedIn, archiveQuery, MAM, readsArchive, stanzaIdsBy } from '../support/archive.ts';
import { blocks } from '../support/blocking.ts';
import { CARBONS, enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';

const DISCO = 'http://jabber.org/protocol/disco#info';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const HINTS = 'urn:xmpp:hints';

function chat(to: Client | string, body: string, more = ''): string {
  return `<message to='${to}' type='chat' id='${body}'><body>${body}</body>${more}</message>`;
}

describe('the archive', () => {
  conversation('is announced at the account [XEP-0313 7]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='d' to='${juliet.bare}'><query xmlns='${DISCO}'/></iq>`;
    await juliet.gets`<iq type='result' id='d'><query xmlns='${DISCO}'/></iq>`;
    const features = [...juliet.lastText.matchAll(/feature var=["']([^"']+)/g)].map(
      ([, name]) => name,
    );
    expect(features).toEqual(
      expect.arrayContaining([
        MAM,
        `${MAM}#extended`,
        `${MAM}#groupchat-field`,
        'urn:xmpp:sid:0',
        'http://jabber.org/protocol/rsm',
      ]),
    );
    expect(features).not.toContain(`${MAM}#groupchat-available`);
  });

  conversation('has both directions, in their order [XEP-0313 3.1]', async ({ juliet, romeo }) => {
    await juliet.sends`${chat(romeo.bare, '1')}`;
    await romeo.gets`<message id='1'/>`;
    await romeo.sends`${chat(juliet, '2')}`;
    await juliet.gets`<message id='2'/>`;
    await juliet.sends`${chat(romeo, '3')}`;
    await romeo.gets`<message id='3'/>`;
    for (const client of [juliet, romeo]) {
      const { bodies, isComplete } = await readsArchive(client);
      expect(bodies).toEqual(['1', '2', '3']);
      expect(isComplete).toBe(true);
    }
  });

  conversation(
    'has what came as the last session ended, whatever had to be looked up for it',
    async ({ juliet, romeo }) => {
      await Promise.all([romeo.sends`${chat(juliet.bare, '1')}`, juliet.vanishes()]);
      await romeo.getsNothing();
      await juliet.returns();
      await juliet.forgets();
      const { bodies } = await readsArchive(juliet);
      expect(bodies).toEqual(['1']);
    },
  );

  conversationInside(
    'gives messages as they were, and when they came [XEP-0313 4.2]',
    {},
    async ({ juliet, romeo }, server) => {
      const payload = `<x:bag xmlns:x="urn:example:bag" x:size = '1'><![CDATA[<ü🌹>]]></x:bag >`;
      const came = new Date(server.clock.now()).toISOString().replace('.000Z', 'Z');
      await juliet.sends`<message to='${romeo}' type='chat' id='m' xml:lang='it'>${payload}<body/></message>`;
      await romeo.gets`<message id='m'/>`;
      server.clock.advance(60_000);
      await romeo.sends`${archiveQuery({ queryId: 'f27' })}`;
      await romeo.gets`
        <message from='${romeo.bare}' to='${romeo}' type='${nothing}'>
          <result xmlns='${MAM}' queryid='f27' id='${anything}'>
            <forwarded xmlns='urn:xmpp:forward:0'>
              <delay xmlns='urn:xmpp:delay' stamp='${came}'/>
              <message xmlns='jabber:client' from='${juliet}' to='${romeo}' type='chat' id='m' xml:lang='it'/>
            </forwarded>
          </result>
        </message>`;
      expect(romeo.lastText).toContain(payload);
      await romeo.gets`<iq type='result' id='q'><fin xmlns='${MAM}' complete='true'/></iq>`;
    },
  );

  conversation(
    'has what came while nobody was there [XEP-0313 6.1.1]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, 'Hi')}`;
      await juliet.getsNothing();
      await romeo.signsIn();
      const message = await romeo.gets`<message id='Hi'><delay xmlns='urn:xmpp:delay'/></message>`;
      const { ids } = await readsArchive(romeo);
      expect(stanzaIdsBy(message, romeo.bare)).toEqual(ids);
    },
  );

  conversation(
    'has a message once, however many devices get it [XEP-0313 6.1.1]',
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await enableCarbons(laptop, phone, tablet);
      await juliet.sends`${chat(laptop.bare, 'to all')}`;
      for (const device of [laptop, phone, tablet]) await device.gets`<message id='to all'/>`;
      await juliet.sends`${chat(laptop, 'to one')}`;
      await laptop.gets`<message id='to one'/>`;
      for (const device of [phone, tablet]) {
        await device.gets`<message><received xmlns='${CARBONS}'/></message>`;
      }
      expect((await readsArchive(phone)).bodies).toEqual(['to all', 'to one']);
    },
  );

  conversation(
    'has a message to oneself once, and each device gets it once [XEP-0313 4.1.1]',
    async ({ romeo: { laptop, phone } }) => {
      await laptop.sends`${chat(laptop.bare, 'note')}`;
      const seen = [];
      for (const device of [laptop, phone]) {
        const message = await device.gets`<message from='${laptop}' id='note'/>`;
        seen.push(...stanzaIdsBy(message, laptop.bare));
      }
      const { ids } = await readsArchive(laptop);
      expect(ids).toHaveLength(1);
      expect(seen).toEqual([ids[0], ids[0]]);
    },
  );

  conversation(
    'has nothing that the account has refused [XEP-0313 6.1]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await blocks(romeo, juliet.bare);
      await juliet.forgets();
      await juliet.sends`${chat(romeo.bare, 'blocked')}`;
      await juliet.gets`<message type='error'/>`;
      await juliet.sends`<message to='${romeo.bare}/gone' id='gone'><body>gone</body></message>`;
      await juliet.gets`<message type='error'/>`;
      expect((await readsArchive(romeo)).bodies).toEqual([]);
      expect((await readsArchive(juliet)).bodies).toEqual(['blocked', 'gone']);
    },
  );

  conversation('is empty at first [XEP-0313 4.1]', async ({ juliet }) => {
    const { results, page, isComplete } = await readsArchive(juliet);
    expect(results).toEqual([]);
    expect(page).toEqual({ first: null, last: null, count: '0', index: null });
    expect(isComplete).toBe(true);
  });

  conversation(
    'is nobody else’s [XEP-0313 8.1]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, stranger }) => {
      await juliet.sends`${chat(romeo, 'secret')}`;
      await romeo.gets`<message id='secret'/>`;
      const requests = [
        `<iq type='set' id='r' to='${juliet.bare}'><query xmlns='${MAM}'/></iq>`,
        `<iq type='get' id='r' to='${juliet.bare}'><query xmlns='${MAM}'/></iq>`,
        `<iq type='get' id='r' to='${juliet.bare}'><metadata xmlns='${MAM}'/></iq>`,
        `<iq type='get' id='r' to='${juliet.bare}'><prefs xmlns='${MAM}'/></iq>`,
        `<iq type='set' id='r' to='${juliet.bare}'><prefs xmlns='${MAM}' default='never'/></iq>`,
        `<iq type='set' id='r' to='${stranger.bare}'><query xmlns='${MAM}'/></iq>`,
      ];
      for (const request of requests) {
        await romeo.sends`${request}`;
        await romeo.gets`
          <iq type='error' id='r'>
            <error type='auth'><forbidden xmlns='${STANZA_ERRORS}'/></error>
          </iq>`;
      }
    },
  );

  conversation(
    'is not kept where the operator wants that [XEP-0313 7]',
    { config: { modules: { archive: false } } },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, 'Hi')}`;
      const message = await romeo.gets`<message id='Hi'/>`;
      expect(stanzaIdsBy(message, romeo.bare)).toEqual([]);
      await romeo.sends`${archiveQuery()}`;
      await romeo.gets`
        <iq type='error' id='q'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
    },
  );

  conversationInside(
    'goes with its account [XEP-0313 3.2]',
    { quiet: ['romeo'] },
    async ({ juliet, romeo }, server) => {
      await juliet.sends`${chat(romeo, 'Hi')}`;
      await romeo.gets`<message id='Hi'/>`;
      await romeo.sends`<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>`;
      await romeo.gets`<iq type='result' id='r'/>`;
      await romeo.gets`<error xmlns='http://etherx.jabber.org/streams'/>`;
      await romeo.getsEnd();
      const { storage } = server;
      expect(await storage.archive.bounds(romeo.bare)).toBeNull();
      expect((await readsArchive(juliet)).bodies).toEqual(['Hi']);
    },
  );
});

describe('stanza ids', () => {
  conversation(
    'are those of the archive, and for its owner alone [XEP-0313 3.5, XEP-0359 3.1]',
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo, 'Hi')}`;
      const message = await romeo.gets`<message id='Hi'><body>Hi</body></message>`;
      const { ids } = await readsArchive(romeo);
      expect(stanzaIdsBy(message, romeo.bare)).toEqual(ids);
      expect(stanzaIdsBy(message, juliet.bare)).toEqual([]);
      expect((await readsArchive(juliet)).ids).not.toEqual(ids);
    },
  );

  conversation(
    'of the sender are in what its other devices see [XEP-0313 3.5]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await laptop.sends`${chat(juliet, 'Hi')}`;
      const got = await juliet.gets`<message id='Hi'/>`;
      const copy = await phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
      const { ids } = await readsArchive(laptop);
      expect(stanzaIdsBy(archivedIn(copy.getChild('sent', CARBONS)!), laptop.bare)).toEqual(ids);
      expect(stanzaIdsBy(got, laptop.bare)).toEqual([]);
    },
  );

  conversation(
    'that are forged are in no archive, and in nothing that is delivered [XEP-0359 4]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      const forged = [laptop.bare, juliet.bare, laptop.bare.toUpperCase()].map(
        (by) => `<stanza-id xmlns='urn:xmpp:sid:0' id='forged' by='${by}'/>`,
      );
      await juliet.sends`${chat(laptop, 'Hi', forged.join(''))}`;
      await laptop.gets`<message id='Hi'/>`;
      expect(laptop.lastText).not.toContain('forged');
      await phone.gets`<message><received xmlns='${CARBONS}'/></message>`;
      expect(phone.lastText).not.toContain('forged');
      for (const client of [laptop, juliet]) {
        const { results } = await readsArchive(client);
        expect(String(results[0])).toContain('Hi');
        expect(String(results[0])).not.toContain('forged');
      }
    },
  );

  conversation('say nothing of how many there are [XEP-0359 6]', async ({ juliet, romeo }) => {
    for (const body of ['1', '2', '3']) {
      await juliet.sends`${chat(romeo, body)}`;
      await romeo.gets`<message id='${body}'/>`;
    }
    const { ids } = await readsArchive(romeo);
    expect(new Set(ids.map((id) => id.slice(0, 4))).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });

  conversation(
    'are the same when a message comes late [XEP-0359 3.1]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, 'Hi')}`;
      await juliet.getsNothing();
      await romeo.signsIn({ quietly: true });
      const before = await readsArchive(romeo);
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      const message = await romeo.gets`<message id='Hi'/>`;
      expect(stanzaIdsBy(message, romeo.bare)).toEqual(before.ids);
      expect((await readsArchive(romeo)).ids).toEqual(before.ids);
    },
  );
});

const BODY = '<body>Hi</body>';

describe('into the archive goes', () => {
  const kept: readonly [string, string, string][] = [
    ['a chat message', 'chat', BODY],
    ['a normal message', '', BODY],
    ['a message of unknown type', 'strange', BODY],
    ['an OMEMO message', 'chat', "<encrypted xmlns='eu.siacs.conversations.axolotl'/>"],
    ['an OMEMO 2 message', 'chat', "<encrypted xmlns='urn:xmpp:omemo:2'/>"],
    ['an OX message', 'chat', "<openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp>"],
    ['a message of unknown encryption', '', "<encryption xmlns='urn:xmpp:eme:0' namespace='x'/>"],
    ['what asks for it', 'chat', `<note xmlns='urn:example:x'/><store xmlns='${HINTS}'/>`],
    ['a retraction', 'chat', "<retract xmlns='urn:xmpp:message-retract:1' id='m'/>"],
    ['a reaction', 'chat', "<reactions xmlns='urn:xmpp:reactions:0' id='m'/>"],
    ['a correction', 'chat', `${BODY}<replace xmlns='urn:xmpp:message-correct:0' id='m'/>`],
    ['a receipt', 'chat', "<received xmlns='urn:xmpp:receipts' id='m'/>"],
    ['a marker', 'chat', "<displayed xmlns='urn:xmpp:chat-markers:0' id='m'/>"],
    ['a call', 'chat', "<propose xmlns='urn:xmpp:jingle-message:0' id='m'/>"],
  ];
  for (const [what, type, content] of kept) {
    conversation(`${what} [XEP-0313 6.1.1, XEP-0334 4.4]`, async ({ juliet, romeo }) => {
      await juliet.sends`<message to='${romeo}' type='${type || 'normal'}'>${content}</message>`;
      const message = await romeo.gets`<message/>`;
      const { ids } = await readsArchive(romeo);
      expect(ids).toEqual(stanzaIdsBy(message, romeo.bare));
      expect(ids).toHaveLength(1);
      expect((await readsArchive(juliet)).ids).toHaveLength(1);
    });
  }
});

describe('into the archive goes no', () => {
  const passing: readonly [string, string, string][] = [
    ['headline', 'headline', BODY],
    ['error', 'error', BODY],
    ['message for a room', 'groupchat', BODY],
    ['chat state', 'chat', "<composing xmlns='http://jabber.org/protocol/chatstates'/>"],
    ['message without body', 'chat', "<note xmlns='urn:example:x'/>"],
    ['request for a receipt by itself', 'chat', "<request xmlns='urn:xmpp:receipts'/>"],
    ['message that is not to be stored', 'chat', `${BODY}<no-store xmlns='${HINTS}'/>`],
    ['message that is not to stay', 'chat', `${BODY}<no-permanent-store xmlns='${HINTS}'/>`],
    ['headline that asks for it', 'headline', `${BODY}<store xmlns='${HINTS}'/>`],
    ['error that asks for it', 'error', `${BODY}<store xmlns='${HINTS}'/>`],
  ];
  for (const [what, type, content] of passing) {
    conversation(`${what} [XEP-0313 6.1.1, XEP-0334 4.1, 4.2, 5]`, async ({ juliet, romeo }) => {
      await juliet.sends`<message to='${romeo}' type='${type}'>${content}</message>`;
      const message = await romeo.gets`<message type='${type}'/>`;
      expect(stanzaIdsBy(message, romeo.bare)).toEqual([]);
      for (const client of [romeo, juliet]) {
        expect((await readsArchive(client)).results).toEqual([]);
      }
    });
  }

  conversation(
    'message that is not to stay, and yet it waits for one who is away [XEP-0334 4.1]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`${chat(romeo.bare, 'Hi', `<no-permanent-store xmlns='${HINTS}'/>`)}`;
      await juliet.getsNothing();
      await romeo.signsIn();
      await romeo.gets`<message id='Hi'/>`;
      expect((await readsArchive(romeo)).results).toEqual([]);
    },
  );
});

describe('what claims to be out of an archive', () => {
  const result = (body: string) =>
    `<result xmlns='${MAM}' id='x'><forwarded xmlns='urn:xmpp:forward:0'>` +
    `<message xmlns='jabber:client' from='nurse@localhost'><body>${body}</body></message></forwarded></result>`;

  conversation(
    'does not get through, and the rest does [XEP-0313 8.2]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<message to='${romeo}' type='chat' id='m'>${BODY}${result('forged')}</message>`;
      await romeo.gets`<message id='m'>${BODY}</message>`;
      expect(romeo.lastText).not.toContain('forged');
    },
  );

  conversation(
    'goes neither to the own other devices nor into the archive [XEP-0313 8.2]',
    async ({ romeo: { laptop, phone } }) => {
      await laptop.sends`<message to='${phone}' id='m'>${result('forged')}</message>`;
      await phone.gets`<message id='m'>${nothing}</message>`;
      expect((await readsArchive(laptop)).results).toEqual([]);
    },
  );
});
