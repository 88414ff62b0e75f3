import { describe, expect } from '@jest/globals';
import { defineModule } from '../../src/server/module.ts';
import { Element } from '../../src/xml/element.ts';
// Inside, since few other servers know how to do this.
import { conversationInside as conversation } from '../support/conversation.ts';
import { signsInAtOnce } from '../support/sasl2.ts';

const AGENT = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const OTHER = '9bd51a34-6b5c-4ea0-a43e-5a1d3f5a2a61';
const NS = 'urn:example:lights';

const absent = { absent: ['juliet', 'romeo'] } as const;

describe('one who signs in and is bound at once', () => {
  conversation('exchanges stanzas like everybody [XEP-0386 3.2]', absent, async (people) => {
    const { juliet, romeo } = people;
    const jid = await signsInAtOnce(juliet, { tag: 'Balcony' });
    await romeo.signsIn();
    await juliet.sends`<message to='${romeo.bare}' type='chat'><body>Wherefore</body></message>`;
    await romeo.gets`<message from='${jid}' to='${romeo.bare}'><body>Wherefore</body></message>`;
    await romeo.sends`<message to='${jid}' type='chat'><body>Here</body></message>`;
    await juliet.gets`<message from='${romeo}'><body>Here</body></message>`;
  });

  conversation(
    'sees neither the old binding nor mechanisms offered again [XEP-0388 2.6.1]',
    { absent: ['juliet'] },
    async ({ juliet }) => {
      await juliet.connectsSecurely();
      expect(juliet.features).toMatch(
        /<authentication .*<inline>.*<bind xmlns="urn:xmpp:bind:0">.*<\/bind><\/inline><\/authentication>/,
      );
      await signsInAtOnce(juliet);
      expect(juliet.lastText).not.toMatch(/mechanism|xmpp-bind/);
    },
  );

  conversation(
    'gets what waited with initial presence, and not before, where there is no archive [XEP-0386 3.2]',
    { absent: ['juliet'], config: { modules: { archive: false } } },
    async ({ juliet, romeo }) => {
      await romeo.sends`<message to='${juliet.bare}' type='chat'><body>Later</body></message>`;
      await romeo.getsNothing();
      await signsInAtOnce(juliet);
      await juliet.getsNothing();
      await juliet.sends`<presence/>`;
      await juliet.gets`<presence/>`;
      await juliet.gets`<message from='${romeo}'><body>Later</body></message>`;
    },
  );
});

describe('the resource', () => {
  conversation(
    'is the tag and what hides the installation [XEP-0386 3.2.1]',
    absent,
    async (people) => {
      const { juliet } = people;
      const jid = await signsInAtOnce(juliet, { agent: AGENT, tag: 'Balcony' });
      expect(jid).toMatch(/\/Balcony\/[A-Za-z0-9_-]{12}$/);
      expect(jid).not.toContain(AGENT.slice(0, 8));
    },
  );

  conversation(
    'is the same when the installation comes back [XEP-0386 3.2.1]',
    absent,
    async (p) => {
      const { juliet } = p;
      const first = await signsInAtOnce(juliet, { agent: AGENT, tag: 'Balcony' });
      await juliet.leaves();
      // The case of letters says nothing in a UUID.
      const again = await signsInAtOnce(juliet, { agent: AGENT.toUpperCase(), tag: 'Balcony' });
      expect(again).toBe(first);
    },
  );

  conversation(
    'differs by tag, installation and account [XEP-0386 3.2.1]',
    absent,
    async (people) => {
      const { juliet, romeo } = people;
      const opaque = async (client: typeof juliet, agent: string, tag: string) => {
        const jid = await signsInAtOnce(client, { agent, tag });
        await client.leaves();
        return jid.slice(jid.lastIndexOf('/') + 1);
      };
      const all = [
        await opaque(juliet, AGENT, 'Balcony'),
        await opaque(juliet, AGENT, 'Garden'),
        await opaque(juliet, OTHER, 'Balcony'),
        await opaque(romeo, AGENT, 'Balcony'),
      ];
      expect(new Set(all).size).toBe(all.length);
    },
  );

  conversation('without installation is another each time', absent, async ({ juliet }) => {
    const first = await signsInAtOnce(juliet, { tag: 'Balcony' });
    await juliet.leaves();
    expect(await signsInAtOnce(juliet, { tag: 'Balcony' })).not.toBe(first);
  });

  for (const [what, tag] of [
    ['is too long', 'a'.repeat(1100)],
    ['no resource may hold', 'bell&#x85;'],
  ]) {
    conversation(`leaves out a tag that ${what} [XEP-0386 3.2.1]`, absent, async ({ juliet }) => {
      const jid = await signsInAtOnce(juliet, { agent: AGENT, tag: tag! });
      expect(jid).toMatch(/@[^/]*\/[A-Za-z0-9_-]{12}$/);
    });
  }
});

describe('an installation that comes back', () => {
  const three = { absent: ['juliet.laptop', 'juliet.phone', 'juliet.tablet'] } as const;

  conversation(
    'ends its earlier session, whatever the tag [XEP-0386 3.2]',
    three,
    async (people) => {
      const { laptop, phone, tablet } = people.juliet;
      await signsInAtOnce(laptop, { agent: AGENT, tag: 'one' });
      await signsInAtOnce(phone, { agent: OTHER, tag: 'one' });
      await signsInAtOnce(tablet, { agent: AGENT, tag: 'two' });
      await laptop.gets`
      <error xmlns='http://etherx.jabber.org/streams'>
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
      </error>`;
      await laptop.getsEnd();
      await phone.getsNothing();
    },
  );

  conversation("ends nobody else's session [XEP-0386 3.2]", absent, async ({ juliet, romeo }) => {
    await signsInAtOnce(juliet, { agent: AGENT });
    await signsInAtOnce(romeo, { agent: AGENT });
    await juliet.getsNothing();
  });

  conversation(
    'is let in where no resource may be taken and no room is left',
    { ...three, config: { signIn: { resourceConflict: 'refuse', sessionsPerAccount: 1 } } },
    async ({ juliet: { laptop, phone } }) => {
      const first = await signsInAtOnce(laptop, { agent: AGENT, tag: 'one' });
      expect(await signsInAtOnce(phone, { agent: AGENT, tag: 'one' })).toBe(first);
      await laptop.gets`<error xmlns='http://etherx.jabber.org/streams'/>`;
      await laptop.getsEnd();
    },
  );

  conversation(
    'another is not bound then, and hears why when it asks [RFC6120 7.6.2.1]',
    { ...three, config: { signIn: { sessionsPerAccount: 1 } } },
    async ({ juliet: { laptop, phone } }) => {
      await signsInAtOnce(laptop, { agent: AGENT });
      await phone.connectsSecurely();
      const initial = Buffer.from(`\0${phone.username}\0R0m30-and-Jul1et`).toString('base64');
      await phone.sends`
        <authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>
          <initial-response>${initial}</initial-response>
          <user-agent id='${OTHER}'/><bind xmlns='urn:xmpp:bind:0'/>
        </authenticate>`;
      await phone.gets`
        <success xmlns='urn:xmpp:sasl:2'>
          <authorization-identifier>${phone.bare}</authorization-identifier>
        </success>`;
      await phone.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
      await phone.sends`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
      await phone.gets`<iq type='error' id='b'><error><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`;
      await laptop.getsNothing();
    },
  );
});

describe('what a module can turn on', () => {
  const lights = defineModule({
    name: 'lights',
    summary: 'Turns the light on as one comes in.',
    setup: () => ({
      sessionFeatures: [
        {
          var: NS,
          accepts: [{ name: 'on', xmlns: NS }],
          enable: (session) => new Element('lit', { xmlns: NS, for: session.jid.resource }),
        },
      ],
    }),
  });
  const options = { ...absent, modules: [lights] };

  conversation('is listed, and answered [XEP-0386 3.1, 3.2]', options, async ({ juliet }) => {
    const features = `<on xmlns='${NS}'/><heating xmlns='urn:example:heating'/>`;
    await juliet.connectsSecurely();
    expect(juliet.features).toContain(`<feature var="${NS}"/>`);
    await signsInAtOnce(juliet, { tag: 'Balcony', features });
  });
});
