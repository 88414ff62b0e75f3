import { describe, expect } from '@jest/globals';
import type { Element } from 'ltx';
import { anything, conversation, conversationInside, nothing } from '../support/conversation.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

function featuresOf(iq: Element): string[] {
  const features = iq.getChild('query', INFO)?.getChildren('feature') ?? [];
  return features.map(({ attrs }) => attrs.var);
}

describe('service discovery', () => {
  conversation('the server says what it is and can [XEP-0030 3.1]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${INFO}'/></iq>`;
    const iq = await juliet.gets`
      <iq type='result' id='1' from='${server}'>
        <query xmlns='${INFO}'>
          <identity category='server' type='im'/>
        </query>
      </iq>`;
    const features = featuresOf(iq);
    const known = [
      INFO,
      ITEMS,
      'urn:xmpp:ping',
      'urn:xmpp:time',
      'jabber:iq:version',
      'msgoffline',
    ];
    expect(features).toEqual(expect.arrayContaining(known));
    expect(new Set(features).size).toBe(features.length);
  });

  conversation('the server lists its items [XEP-0030 4.1]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='${ITEMS}'/></iq>`;
    await juliet.gets`<iq type='result' id='1' from='${server}'><query xmlns='${ITEMS}'/></iq>`;
  });

  conversation('an account answers its owner [XEP-0030 8]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='1' to='${juliet.bare}'><query xmlns='${INFO}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1' from='${juliet.bare}'>
        <query xmlns='${INFO}'><identity category='account' type='registered'/></query>
      </iq>`;
  });

  conversation(
    'an account answers those who may see its presence [XEP-0030 8]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<iq type='get' id='1' to='${romeo.bare}'><query xmlns='${INFO}'/></iq>`;
      await juliet.gets`
        <iq type='result' id='1' from='${romeo.bare}'>
          <query xmlns='${INFO}'><identity category='account' type='registered'/></query>
        </iq>`;
    },
  );

  conversation(
    'an account tells strangers no more than one that does not exist [XEP-0030 8]',
    async ({ juliet, romeo }, server) => {
      for (const to of [romeo.bare, `nobody@${server}`]) {
        await juliet.sends`<iq type='get' id='1' to='${to}'><query xmlns='${INFO}'/></iq>`;
        await juliet.gets`
          <iq type='error' id='1' from='${to}'>
            <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
          </iq>`;
        for (const node of ['', " node='x'"]) {
          await juliet.sends`
            <iq type='get' id='2' to='${to}'><query xmlns='${ITEMS}'${node}/></iq>`;
          await juliet.gets`
            <iq type='result' id='2' from='${to}'><query xmlns='${ITEMS}'${node}>${nothing}</query></iq>`;
        }
      }
    },
  );

  conversation('an unknown node is not found [XEP-0030 7]', async ({ juliet }, server) => {
    for (const xmlns of [INFO, ITEMS]) {
      for (const to of [server.domain, juliet.bare]) {
        const query = `<query xmlns='${xmlns}' node='nowhere'/>`;
        await juliet.sends`<iq type='get' id='1' to='${to}'>${query}</iq>`;
        await juliet.gets`
          <iq type='error' id='1'>
            <error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error>
          </iq>`;
      }
    }
  });

  conversation('nothing can be set [XEP-0030 3.1]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='set' id='1' to='${server}'><query xmlns='${INFO}'/></iq>`;
    await juliet.gets`<iq type='error' id='1' from='${server}'/>`;
  });
});

describe('small services', () => {
  conversation('the server answers pings [XEP-0199 4.2]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='1' to='${server}'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await juliet.gets`<iq type='result' id='1' from='${server}' to='${juliet}'>${nothing}</iq>`;
  });

  conversation(
    'a friend’s account answers pings [XEP-0199 4.4]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo }) => {
      await juliet.sends`
        <iq type='get' id='1' to='${romeo.bare}'><ping xmlns='urn:xmpp:ping'/></iq>`;
      await juliet.gets`<iq type='result' id='1' from='${romeo.bare}' to='${juliet}'/>`;
    },
  );

  conversation('the server tells its name and version [XEP-0092 3]', async ({ juliet }, server) => {
    await juliet.sends`<iq type='get' id='1' to='${server}'><query xmlns='jabber:iq:version'/></iq>`;
    await juliet.gets`
      <iq type='result' id='1' from='${server}'>
        <query xmlns='jabber:iq:version'><name>${anything}</name><version>${anything}</version></query>
      </iq>`;
  });

  conversation(
    'the version stays hidden where the operator says so [XEP-0092 5]',
    { config: { modules: { version: { showVersion: false } } } },
    async ({ juliet }, server) => {
      await juliet.sends`
        <iq type='get' id='1' to='${server}'><query xmlns='jabber:iq:version'/></iq>`;
      const iq = await juliet.gets`<iq type='result'><query xmlns='jabber:iq:version'/></iq>`;
      expect(iq.getChild('query')?.getChildText('version')).not.toMatch(/\d/);
      expect(iq.getChild('query')?.getChild('os')).toBeUndefined();
    },
  );

  conversationInside(
    'the server tells its time, in UTC and with its offset [XEP-0202 3]',
    {},
    async ({ juliet }, server) => {
      const utc = new Date(server.clock.now()).toISOString();
      await juliet.sends`<iq type='get' id='1' to='${server}'><time xmlns='urn:xmpp:time'/></iq>`;
      const iq = await juliet.gets`
        <iq type='result'>
          <time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>${anything}</utc></time>
        </iq>`;
      expect(Date.parse(iq.getChild('time')!.getChildText('utc')!)).toBe(Date.parse(utc));
    },
  );

  conversation(
    'a module that is off is not there',
    { config: { modules: { ping: false } } },
    async ({ juliet }, server) => {
      await juliet.sends`<iq type='get' id='1' to='${server}'><ping xmlns='urn:xmpp:ping'/></iq>`;
      await juliet.gets`
        <iq type='error' id='1'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await juliet.sends`<iq type='get' id='2' to='${server}'><query xmlns='${INFO}'/></iq>`;
      expect(featuresOf(await juliet.gets`<iq type='result' id='2'/>`)).not.toContain(
        'urn:xmpp:ping',
      );
    },
  );
});
