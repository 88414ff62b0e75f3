import { describe, expect } from '@jest/globals';
import { parseElement } from '../../src/xml/element.ts';
import {
  announces,
  answers,
  becomesKnown,
  isAsked,
  isKnownFor,
  pc,
  verFor,
  witness,
} from '../support/capabilities.ts';
import {
  type ConversationOptions,
  conversation,
  conversationInside,
  nothing,
} from '../support/conversation.ts';
import { enables, resumes, SHUTDOWN } from '../support/stream-management.ts';

const CAPS = 'http://jabber.org/protocol/caps';
const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What the server has offered as its capabilities. */
function offered({ features }: { features: string }): Record<string, string> {
  const c = /<c [^>]*\/>/.exec(features)?.[0];
  return parseElement(c ?? '<none/>').attrs;
}

describe('the server’s capabilities', () => {
  const whole = {};
  const withAddress = {
    config: {
      modules: {
        ping: false,
        'contact-addresses': { admin: ['mailto:Ω@example.org', 'xmpp:a@example.org'] },
      },
    },
  };
  for (const [what, options] of Object.entries({ whole, withAddress })) {
    conversation(
      `stand in the stream features, and are what it says when asked: ${what} [XEP-0115 6.3]`,
      options,
      async ({ juliet }, server) => {
        await juliet.settles();
        const { xmlns, hash, node, ver } = offered(juliet);
        expect({ xmlns, hash }).toEqual({ xmlns: CAPS, hash: 'sha-1' });
        await juliet.sends`
          <iq type='get' id='1' to='${server}'><query xmlns='${INFO}' node='${node!}#${ver!}'/></iq>`;
        const iq = await juliet.gets`
          <iq type='result' id='1' from='${server}'>
            <query xmlns='${INFO}' node='${node!}#${ver!}'>
              <identity category='server' type='im'/>
              <feature var='${CAPS}'/>
            </query>
          </iq>`;
        const info = iq.getChild('query', INFO)!.getChildElements().join('');
        expect(ver).toBe(verFor(info));
      },
    );
  }

  conversation('are nobody’s business before signing in', async ({ stranger }) => {
    await stranger.connects();
    await stranger.opensStream();
    const features = await stranger.gets`<stream:features/>`;
    expect(features.getChild('c', CAPS)).toBeUndefined();
  });

  conversation('have no other node [XEP-0030 7, XEP-0115 6.2]', async ({ juliet }, server) => {
    await juliet.settles();
    const { node, ver } = offered(juliet);
    const queries = [
      `<query xmlns='${INFO}' node='${node}#${'A'.repeat(27)}='/>`,
      `<query xmlns='${INFO}' node='${node}'/>`,
      `<query xmlns='${INFO}' node='https://other.example#${ver}'/>`,
      `<query xmlns='${ITEMS}' node='${node}#${ver}'/>`,
    ];
    for (const query of queries) {
      await juliet.sends`<iq type='get' id='1' to='${server}'>${query}</iq>`;
      await juliet.gets`
        <iq type='error' id='1' from='${server}'>
          <error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
    }
  });
});

const inside: ConversationOptions = { modules: [witness] };

/** A client that can do two things. */
const CHAT = pc('urn:a', 'urn:b');
const CHAT_VER = verFor(CHAT);
const CALL = pc('urn:a', 'urn:c');
const CALL_VER = verFor(CALL);

describe('a client’s capabilities', () => {
  conversationInside(
    'are asked for once, whoever announces them [XEP-0115 5.4, 6.2]',
    inside,
    async ({ juliet, romeo }) => {
      await isKnownFor(juliet, nothing);
      await announces(juliet, CHAT_VER);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await announces(romeo, CHAT_VER, "hash='sha-1' node='https://same-but-other.example'");
      await becomesKnown(romeo, 'urn:a urn:b');
      await isKnownFor(juliet, 'urn:a urn:b');
    },
  );

  conversationInside(
    'are those of the standard’s example [XEP-0115 1.2]',
    inside,
    async ({ romeo }) => {
      const muc = 'http://jabber.org/protocol/muc';
      const ver = 'QgayPKawpkPSDYmwT/WM94uAlu0=';
      const exodus = `
        <identity category='client' name='Exodus 0.9.1' type='pc'/>
        <feature var='${CAPS}'/><feature var='${INFO}'/>
        <feature var='${ITEMS}'/><feature var='${muc}'/>`;
      const program = 'http://code.google.com/p/exodus';
      await announces(romeo, ver, `hash='sha-1' node='${program}'`);
      await answers(romeo, await isAsked(romeo, ver, program), exodus);
      await becomesKnown(romeo, [CAPS, INFO, ITEMS, muc].join(' '));
    },
  );

  conversationInside(
    'are not news when they are announced again [XEP-0115 6.1]',
    inside,
    async ({ juliet }) => {
      await announces(juliet, CHAT_VER);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await announces(juliet, CHAT_VER);
      await juliet.getsNothing();
    },
  );

  conversationInside('may change, and change back [XEP-0115 6.1]', inside, async ({ juliet }) => {
    await announces(juliet, CHAT_VER);
    await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
    await becomesKnown(juliet, 'urn:a urn:b');
    await announces(juliet, CALL_VER);
    const id = await isAsked(juliet, CALL_VER);
    await isKnownFor(juliet, 'urn:a urn:b');
    await answers(juliet, id, CALL);
    await becomesKnown(juliet, 'urn:a urn:c');
    await announces(juliet, CHAT_VER);
    await becomesKnown(juliet, 'urn:a urn:b');
  });

  conversationInside(
    'that change while one is asked are asked for after that',
    inside,
    async ({ juliet }) => {
      await announces(juliet, CHAT_VER);
      const id = await isAsked(juliet, CHAT_VER);
      await announces(juliet, 'passing');
      await announces(juliet, CALL_VER);
      await juliet.getsNothing();
      await answers(juliet, id, CHAT);
      await answers(juliet, await isAsked(juliet, CALL_VER), CALL);
      await becomesKnown(juliet, 'urn:a urn:c');
    },
  );

  conversationInside(
    'hold while presence does not name them, until the client is unavailable [XEP-0115 8.4]',
    inside,
    async ({ juliet }) => {
      await announces(juliet, CHAT_VER);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await juliet.sends`<presence><show>away</show></presence>`;
      await juliet.gets`<presence/>`;
      await isKnownFor(juliet, 'urn:a urn:b');
      await juliet.sends`<presence type='unavailable'/>`;
      await juliet.gets`<presence type='unavailable'/>`;
      await isKnownFor(juliet, nothing);
      await announces(juliet, CHAT_VER);
      await becomesKnown(juliet, 'urn:a urn:b');
    },
  );

  conversationInside(
    'are not asked for where presence is for one contact only',
    inside,
    async ({ juliet, romeo }) => {
      await juliet.sends`
        <presence to='${romeo}'>
          <c xmlns='${CAPS}' hash='sha-1' node='https://client.example' ver='${CHAT_VER}'/>
        </presence>`;
      await romeo.gets`<presence from='${juliet}'><c xmlns='${CAPS}'/></presence>`;
      await juliet.getsNothing();
    },
  );

  conversationInside(
    'are not asked for where there is nothing to ask for [XEP-0115 4]',
    inside,
    async ({ juliet }) => {
      for (const attributes of [
        "node='https://client.example'",
        "ver='x'",
        "node='' ver='x'",
        '',
      ]) {
        await juliet.sends`<presence><c xmlns='${CAPS}' hash='sha-1' ${attributes}/></presence>`;
        await juliet.gets`<presence/>`;
      }
      await juliet.getsNothing();
    },
  );

  for (const hash of ['sha-256', 'sha-512']) {
    conversationInside(
      `may be hashed with ${hash} [XEP-0115 9.1]`,
      inside,
      async ({ juliet, romeo }) => {
        const ver = verFor(CHAT, hash);
        const attributes = `hash='${hash}' node='https://client.example'`;
        await announces(juliet, ver, attributes);
        await answers(juliet, await isAsked(juliet, ver), CHAT);
        await becomesKnown(juliet, 'urn:a urn:b');
        await announces(romeo, ver, attributes);
        await becomesKnown(romeo, 'urn:a urn:b');
      },
    );
  }

  for (const [what, attributes] of [
    ['with a hash that the server does not know [XEP-0115 5.4]', "hash='md5'"],
    ['without a hash, as they were once [XEP-0115 13]', "ext='voice-v1'"],
  ]) {
    conversationInside(
      `that are announced ${what} count for that client alone`,
      inside,
      async ({ juliet, romeo }) => {
        const all = `${attributes} node='https://client.example'`;
        await announces(juliet, '0.9', all);
        await answers(juliet, await isAsked(juliet, '0.9'), CHAT);
        await becomesKnown(juliet, 'urn:a urn:b');
        await announces(romeo, '0.9', all);
        await answers(romeo, await isAsked(romeo, '0.9'), CALL);
        await becomesKnown(romeo, 'urn:a urn:c');
        await announces(juliet, '0.9', all);
        await isKnownFor(juliet, 'urn:a urn:b');
      },
    );
  }
});

describe('clients that come at the same time', () => {
  conversationInside(
    'are not all asked the same [XEP-0115 6.2]',
    inside,
    async ({ juliet, romeo, nurse }) => {
      for (const client of [juliet, romeo, nurse]) await announces(client, CHAT_VER);
      const id = await isAsked(juliet, CHAT_VER);
      await romeo.getsNothing();
      await nurse.getsNothing();
      await answers(juliet, id, CHAT);
      for (const client of [juliet, romeo, nurse]) await becomesKnown(client, 'urn:a urn:b');
    },
  );

  conversationInside(
    'are asked when the one who was asked has gone, or has no answer',
    inside,
    async ({ juliet, romeo, nurse }) => {
      for (const client of [juliet, romeo, nurse]) await announces(client, CHAT_VER);
      await isAsked(juliet, CHAT_VER);
      await juliet.leaves();
      const id = await isAsked(romeo, CHAT_VER);
      await romeo.sends`
        <iq type='error' id='${id}' to='localhost'>
          <error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await answers(nurse, await isAsked(nurse, CHAT_VER), CHAT);
      await becomesKnown(nurse, 'urn:a urn:b');
      await announces(romeo, CHAT_VER);
      await becomesKnown(romeo, 'urn:a urn:b');
    },
  );

  conversationInside(
    'need not wait for one who has announced something else meanwhile',
    inside,
    async ({ juliet, romeo }) => {
      await announces(juliet, CHAT_VER);
      const id = await isAsked(juliet, CHAT_VER);
      await announces(romeo, CHAT_VER);
      await announces(romeo, CALL_VER);
      await answers(romeo, await isAsked(romeo, CALL_VER), CALL);
      await becomesKnown(romeo, 'urn:a urn:c');
      await answers(juliet, id, CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await romeo.getsNothing();
    },
  );
});

describe('a client that does not answer', () => {
  conversationInside(
    'with an error is not asked again [XEP-0115 5.4]',
    inside,
    async ({ juliet }) => {
      await announces(juliet, CHAT_VER);
      const id = await isAsked(juliet, CHAT_VER);
      await juliet.sends`<iq type='error' id='${id}' to='localhost'><error type='cancel'/></iq>`;
      await announces(juliet, CHAT_VER);
      await juliet.getsNothing();
      await isKnownFor(juliet, nothing);
    },
  );

  conversationInside(
    'in time is asked when it shows itself again',
    inside,
    async ({ juliet }, server) => {
      await announces(juliet, CHAT_VER);
      await isAsked(juliet, CHAT_VER);
      server.clock.advance(30_000);
      await juliet.getsNothing();
      await announces(juliet, CHAT_VER);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
    },
  );
});

describe('where the server starts again', () => {
  conversationInside(
    'it knows what clients can do that go on, and others who announce the same [XEP-0198 5, XEP-0115 5.4]',
    { ...inside, quiet: ['juliet'] },
    async ({ juliet, romeo }, server) => {
      const id = await enables(juliet);
      await announces(juliet, CHAT_VER);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await romeo.gets`${SHUTDOWN}`;
      await resumes(juliet, id, juliet.stanzas);
      await isKnownFor(juliet, 'urn:a urn:b');
      await romeo.returns();
      await announces(romeo, CHAT_VER);
      await becomesKnown(romeo, 'urn:a urn:b');
    },
  );

  conversationInside(
    'it asks anew, once the client is back, what was not answered [XEP-0115 6.2]',
    { ...inside, quiet: ['juliet'] },
    async ({ juliet }, server) => {
      const id = await enables(juliet);
      await announces(juliet, CHAT_VER);
      await isAsked(juliet, CHAT_VER);
      await server.restarts();
      await juliet.gets`${SHUTDOWN}`;
      await resumes(juliet, id, juliet.stanzas);
      await answers(juliet, await isAsked(juliet, CHAT_VER), CHAT);
      await becomesKnown(juliet, 'urn:a urn:b');
    },
  );
});
