import { describe, expect } from '@jest/globals';
import { CARBONS, enableCarbons } from '../support/carbons.ts';
// Inside, for the clock; and what waits for whom is the server's to know.
import { conversationInside as conversation } from '../support/conversation.ts';
import { signsInAtOnce } from '../support/sasl2.ts';
import {
  ASK,
  acknowledges,
  asksToResume,
  asksToResumeAtOnce,
  BODY,
  ENABLE,
  enables,
  failed,
  learns,
  loses,
  manages,
  NS_SM,
  resumes,
  SHORT_HOLD,
  shortHold,
} from '../support/stream-management.ts';
import { anything, nothing } from '../support/template.ts';

const quiet = { quiet: ['juliet'] } as const;
const brief = { ...quiet, config: shortHold } as const;
const friends = { quiet: ['juliet'], friends: [['juliet', 'romeo']] } as const;

describe('stream management', () => {
  conversation(
    'is offered, and turned on once a resource is bound [XEP-0198 2, 3]',
    quiet,
    async ({ juliet }) => {
      await juliet.sends`<enable xmlns='${NS_SM}'/>`;
      await juliet.gets`<enabled xmlns='${NS_SM}' id='${nothing}' resume='${nothing}'/>`;
      expect(juliet.features).toContain(`<sm xmlns="${NS_SM}"/>`);
    },
  );

  for (const yes of ['true', '1']) {
    conversation(
      `gives an id to who may want to come back: ${yes} [XEP-0198 5]`,
      quiet,
      async ({ juliet }) => {
        await juliet.sends`<enable xmlns='${NS_SM}' resume='${yes}' max='600'/>`;
        const { attrs } = await juliet.gets`
        <enabled xmlns='${NS_SM}' id='${anything}' resume='true' max='300' location='${nothing}'/>`;
        expect(attrs.id.length).toBeGreaterThanOrEqual(24);
      },
    );
  }

  conversation('waits no longer than the client likes [XEP-0198 3]', quiet, async ({ juliet }) => {
    await juliet.sends`<enable xmlns='${NS_SM}' resume='true' max='60'/>`;
    await juliet.gets`<enabled xmlns='${NS_SM}' max='60'/>`;
  });

  conversation(
    'is refused before a resource is bound [XEP-0198 3]',
    { absent: ['juliet'] },
    async ({ juliet }) => {
      await juliet.authenticates();
      await juliet.sends`${ENABLE}`;
      await juliet.gets`${failed('unexpected-request')}`;
    },
  );

  conversation(
    'is refused before somebody has signed in [XEP-0198 3]',
    {},
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      await stranger.sends`${ENABLE}`;
      await stranger.gets`${failed('unexpected-request')}`;
      await stranger.sends`${ENABLE}`;
      await stranger.gets`${failed('unexpected-request')}`;
    },
  );

  conversation('is turned on once only [XEP-0198 3]', quiet, async ({ juliet }) => {
    await enables(juliet);
    await juliet.sends`${ENABLE}`;
    await juliet.gets`${failed('unexpected-request')}
      <error xmlns='http://etherx.jabber.org/streams'/>`;
    await juliet.getsEnd();
  });

  for (const nonza of ['<r', "<a h='1'", "<resume h='0' previd='x'"]) {
    conversation(`is no place for ${nonza}/> before [XEP-0198 6]`, quiet, async ({ juliet }) => {
      await juliet.sends`${`${nonza} xmlns='${NS_SM}'/>`}`;
      await juliet.gets`${failed('unexpected-request')}`;
    });
  }
});

describe('what the client has sent', () => {
  conversation(
    'is counted from there on, whatever becomes of it [XEP-0198 4]',
    quiet,
    async ({ juliet }) => {
      await juliet.sends`<iq type='get' id='before'><ping xmlns='urn:xmpp:ping'/></iq>`;
      await juliet.gets`<iq type='result' id='before'/>`;
      await enables(juliet);
      await juliet.sends`${ASK}`;
      await juliet.gets`<a xmlns='${NS_SM}' h='0'/>`;
      await juliet.sends`
      <iq type='get' id='a'><ping xmlns='urn:xmpp:ping'/></iq>
      <message to='nobody@localhost' id='b'>${BODY}</message>
      <message to='@@' id='c'>${BODY}</message>
      <iq type='get'/>
      <iq type='result' id='d' to='localhost'/>
      <iq type='set' id='e'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>
      <iq type='get' id='f'><ping xmlns='urn:xmpp:ping'/></iq>`;
      await juliet.getsInAnyOrder`
      <iq type='result' id='a'/>
      <message type='error' id='b'/>
      <message type='error' id='c'/>
      <iq type='error'/>
      <iq type='result' id='e'/>
      <iq type='result' id='f'/>`;
      await learns(juliet, 7);
    },
  );

  conversation(
    'is acknowledged at once as far as it is on disk, and then the rest [XEP-0198 4]',
    { quiet: ['juliet'], absent: ['romeo'], onDisk: true },
    async ({ juliet, romeo }) => {
      await romeo.exists();
      await enables(juliet);
      await juliet.sends`
        <message to='${romeo.bare}' type='chat'>${BODY}</message>
        <message to='${romeo.bare}' type='chat'>${BODY}</message>`;
      await learns(juliet, 2);
    },
  );
});

describe('what the client has got', () => {
  conversation(
    'it is asked for after twenty stanzas [XEP-0198 4]',
    quiet,
    async ({ juliet, romeo }) => {
      await enables(juliet);
      for (let id = 1; id <= 21; id++) {
        await romeo.sends`<message to='${juliet}' id='${String(id)}'>${BODY}</message>`;
        await juliet.gets`<message id='${String(id)}'/>`;
        if (id === 20) await juliet.gets`${ASK}`;
      }
    },
  );

  conversation(
    'and after a second at the latest, once [XEP-0198 4]',
    quiet,
    async (people, server) => {
      const { juliet, romeo } = people;
      await enables(juliet);
      await romeo.sends`<message to='${juliet}'>${BODY}</message>`;
      await juliet.gets`<message/>`;
      server.clock.advance(1000);
      await juliet.gets`${ASK}`;
      await romeo.sends`<message to='${juliet}'>${BODY}</message>`;
      await juliet.gets`<message/>`;
      server.clock.advance(5000);
      await acknowledges(juliet);
      await juliet.settles();
      server.clock.advance(1000);
      await juliet.gets`${ASK}`;
      await acknowledges(juliet);
    },
  );

  conversation(
    'counts what the server answers by itself, too [RFC3921 3, XEP-0198 4]',
    quiet,
    async ({ juliet }) => {
      await enables(juliet);
      await juliet.sends`<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>`;
      await juliet.gets`<iq type='result' id='s'/>`;
      await acknowledges(juliet, 1);
      await juliet.getsNothing();
    },
  );

  conversation('cannot be more than it was sent [XEP-0198 6]', quiet, async ({ juliet, romeo }) => {
    await enables(juliet);
    await romeo.sends`<message to='${juliet}'>${BODY}</message>`;
    await juliet.gets`<message/>`;
    await acknowledges(juliet, 5);
    await juliet.gets`
      <error xmlns='http://etherx.jabber.org/streams'>
        <undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
        <handled-count-too-high xmlns='${NS_SM}' h='5' send-count='1'/>
      </error>`;
    await juliet.getsEnd();
  });

  conversation('is never less than before [XEP-0198 4]', quiet, async ({ juliet, romeo }) => {
    const id = await enables(juliet);
    await romeo.sends`<message to='${juliet}' id='1'>${BODY}</message>`;
    await romeo.sends`<message to='${juliet}' id='2'>${BODY}</message>`;
    await juliet.gets`<message id='1'/><message id='2'/>`;
    await acknowledges(juliet, 2);
    await acknowledges(juliet, 1);
    await juliet.settles();
    await juliet.vanishes();
    await resumes(juliet, id, 1);
    await juliet.gets`<iq type='result'/>${ASK}`;
  });

  for (const h of ['', '-1', 'x', '4294967296', '99999999999']) {
    conversation(`is no "${h}" [XEP-0198 4]`, quiet, async ({ juliet }) => {
      await enables(juliet);
      await juliet.sends`<a xmlns='${NS_SM}' h='${h}'/>`;
      await juliet.gets`<error xmlns='http://etherx.jabber.org/streams'/>`;
      await juliet.getsEnd();
    });
  }
});

describe('a client that comes back', () => {
  conversation(
    'gets what it has missed, in order, and nothing twice [XEP-0198 5]',
    friends,
    async (people) => {
      const { juliet, romeo } = people;
      const id = await manages(juliet);
      await romeo.forgets();
      await romeo.sends`<message to='${juliet}' id='1'>${BODY}</message>`;
      await juliet.gets`<message id='1'/>`;
      const h = await loses(juliet);
      await romeo.sends`<message to='${juliet.bare}' type='chat' id='2'>${BODY}</message>`;
      await romeo.sends`<presence><status>Up</status></presence>`;
      await romeo.gets`<presence/>`;
      await romeo.sends`<message to='${juliet}' id='3'>${BODY}</message>`;
      await romeo.getsNothing();
      await resumes(juliet, id, h);
      await juliet.gets`
      <message id='2'/><presence from='${romeo}'><status>Up</status></presence><message id='3'/>${ASK}`;
      await juliet.sends`<message to='${romeo}'>${BODY}</message>`;
      await romeo.gets`<message from='${juliet}'>${BODY}</message>`;
    },
  );

  conversation(
    'gets again what was lost on the way [XEP-0198 5]',
    quiet,
    async ({ juliet, romeo }) => {
      const id = await enables(juliet);
      for (const each of ['1', '2', '3']) {
        await romeo.sends`<message to='${juliet}' id='${each}'>${BODY}</message>`;
      }
      await juliet.gets`<message id='1'/><message id='2'/><message id='3'/>`;
      await juliet.vanishes();
      await resumes(juliet, id, 1);
      await juliet.gets`<message id='2'/><message id='3'/>${ASK}`;
    },
  );

  conversation(
    'hears what it need not send again [XEP-0198 5]',
    quiet,
    async ({ juliet, romeo }) => {
      const id = await enables(juliet);
      await juliet.sends`<message to='${romeo}'>${BODY}</message>`;
      await romeo.gets`<message/>`;
      await juliet.vanishes();
      expect(await resumes(juliet, id, 0)).toBe(1);
      await juliet.sends`<message to='${romeo}'>${BODY}</message>`;
      await learns(juliet, 2);
      await romeo.gets`<message/>`;
    },
  );

  conversation(
    'hears of all that was on its way to the disk [XEP-0198 5]',
    { quiet: ['juliet'], absent: ['romeo'], onDisk: true },
    async ({ juliet, romeo }) => {
      await romeo.exists();
      const id = await enables(juliet);
      for (let sent = 0; sent < 10; sent++) {
        await juliet.sends`<message to='${romeo.bare}' type='chat'>${BODY}</message>`;
      }
      await juliet.vanishes();
      const handled = await resumes(juliet, id, 0);
      await romeo.returns({ quietly: true });
      await romeo.sends`<presence/>`;
      await romeo.gets`<presence/>`;
      for (let got = 0; got < handled; got++) await romeo.gets`<message from='${juliet}'/>`;
    },
  );

  conversation(
    'was there for its contacts all the time [XEP-0198 5]',
    friends,
    async ({ juliet, romeo }) => {
      const id = await manages(juliet);
      await romeo.forgets();
      const h = await loses(juliet);
      await romeo.getsNothing();
      await romeo.sends`<presence to='${juliet.bare}' type='probe'/>`;
      await romeo.gets`<presence from='${juliet}'/>`;
      await resumes(juliet, id, h);
      await romeo.getsNothing();
    },
  );

  conversation(
    'gets requests to be subscribed [RFC6121 3.1.3, XEP-0198 5]',
    quiet,
    async (people) => {
      const { juliet, nurse } = people;
      const id = await manages(juliet);
      const h = await loses(juliet);
      await nurse.sends`<presence to='${juliet.bare}' type='subscribe'/>`;
      await nurse.forgets();
      await resumes(juliet, id, h);
      await juliet.gets`<presence from='${nurse.bare}' type='subscribe'/>${ASK}`;
    },
  );

  conversation(
    'is asked for what it is to answer [RFC6120 8.2.3]',
    quiet,
    async ({ juliet, romeo }) => {
      const id = await enables(juliet);
      await juliet.vanishes();
      await romeo.sends`<iq type='get' id='v' to='${juliet}'><query xmlns='jabber:iq:version'/></iq>`;
      await romeo.getsNothing();
      await resumes(juliet, id, 0);
      await juliet.gets`<iq type='get' id='v'/>${ASK}`;
      await juliet.sends`<iq type='result' id='v' to='${romeo}'/>`;
      await romeo.gets`<iq type='result' id='v'/>`;
    },
  );

  conversation(
    'gets copies as before [XEP-0280 4, XEP-0198 5]',
    {},
    async ({ juliet: { laptop, phone }, romeo }) => {
      await laptop.forgets();
      const id = await enables(phone);
      await enableCarbons(phone);
      const h = await loses(phone);
      await laptop.sends`<message to='${romeo}' type='chat'>${BODY}</message>`;
      await romeo.gets`<message/>`;
      await resumes(phone, id, h);
      await phone.gets`<message><sent xmlns='${CARBONS}'/></message>${ASK}`;
      await romeo.sends`<message to='${laptop}' type='chat'>${BODY}</message>`;
      await laptop.gets`<message/>`;
      await phone.gets`<message><received xmlns='${CARBONS}'/></message>`;
    },
  );

  conversation(
    'is active, with all that waited [XEP-0352 5.2]',
    friends,
    async ({ juliet, romeo }) => {
      const id = await manages(juliet);
      await romeo.forgets();
      await juliet.sends`<inactive xmlns='urn:xmpp:csi:0'/>`;
      const h = await loses(juliet);
      for (const status of ['1', '2']) {
        await romeo.sends`<presence><status>${status}</status></presence>`;
        await romeo.gets`<presence/>`;
      }
      await resumes(juliet, id, h);
      await juliet.gets`<presence from='${romeo}'><status>2</status></presence>`;
      await romeo.sends`<presence><status>3</status></presence>`;
      await romeo.gets`<presence/>`;
      await juliet.gets`<presence from='${romeo}'><status>3</status></presence>`;
    },
  );

  conversation(
    'ends the connection that it had [XEP-0198 5]',
    quiet,
    async ({ juliet: { laptop, phone }, romeo }) => {
      await phone.leaves();
      const id = await enables(laptop);
      await romeo.sends`<message to='${laptop}'>${BODY}</message>`;
      await laptop.gets`<message/>`;
      await resumes(phone, id, 1);
      await laptop.gets`
      <error xmlns='http://etherx.jabber.org/streams'>
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
      </error>`;
      await laptop.getsEnd();
      await romeo.sends`<message to='${laptop}'>${BODY}</message>`;
      await phone.gets`<message to='${laptop}'/>`;
    },
  );

  conversation('may do so again and again [XEP-0198 5]', quiet, async ({ juliet, romeo }) => {
    const id = await enables(juliet);
    for (let round = 0; round < 5; round++) {
      await juliet.vanishes();
      await romeo.sends`<message to='${juliet}' id='${String(round)}'>${BODY}</message>`;
      await romeo.getsNothing();
      await resumes(juliet, id, round);
      await juliet.gets`<message id='${String(round)}'/>${ASK}`;
    }
  });

  conversation(
    'may be where its connection is not yet known to be lost [XEP-0198 4]',
    quiet,
    async (people, server) => {
      const { juliet, romeo } = people;
      const id = await enables(juliet);
      await romeo.sends`<message to='${juliet}'>${BODY}</message>`;
      await juliet.gets`<message/>`;
      server.clock.advance(1000);
      await juliet.gets`${ASK}`;
      server.clock.advance(60_000);
      await juliet.gets`
      <error xmlns='http://etherx.jabber.org/streams'>
        <connection-timeout xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>
      </error>`;
      await juliet.getsEnd();
      await resumes(juliet, id, 0);
      await juliet.gets`<message/>${ASK}`;
    },
  );
});

describe('along with signing in', () => {
  const absent = { absent: ['juliet'] } as const;
  const features = `<enable xmlns='${NS_SM}' resume='true'/>`;

  conversation('it is offered [XEP-0198 9.1, 9.2]', absent, async ({ juliet }) => {
    await juliet.connectsSecurely();
    expect(juliet.features).toContain(`<inline><sm xmlns="${NS_SM}"/>`);
    expect(juliet.features).toContain(`<feature var="${NS_SM}"/>`);
    await signsInAtOnce(juliet, { features });
    const enabled = juliet.success.getChild('bound', 'urn:xmpp:bind:0')?.getChild('enabled', NS_SM);
    expect(enabled?.attrs).toMatchObject({ resume: 'true', max: '300' });
    expect(juliet.lastText).not.toContain(NS_SM);
  });

  conversation(
    'a client comes back, and is not bound [XEP-0198 9.2]',
    absent,
    async ({ juliet, romeo }) => {
      const jid = await signsInAtOnce(juliet, { features });
      const id = juliet.success.getChild('bound')!.getChild('enabled')!.attrs.id;
      await juliet.vanishes();
      await romeo.sends`<message to='${jid}'>${BODY}</message>`;
      await romeo.getsNothing();
      await asksToResumeAtOnce(juliet, { id, h: 0, more: "<bind xmlns='urn:xmpp:bind:0'/>" });
      await juliet.gets`
      <success xmlns='urn:xmpp:sasl:2'>
        <authorization-identifier>${jid}</authorization-identifier>
        <resumed xmlns='${NS_SM}' previd='${id}' h='0'/>
      </success>
      <message from='${romeo}' to='${jid}'/>${ASK}`;
      expect(juliet.success.getChild('bound')).toBeUndefined();
    },
  );

  conversation('or is bound anew where it cannot [XEP-0198 9.2.1]', absent, async ({ juliet }) => {
    const more = `<bind xmlns='urn:xmpp:bind:0'>${features}</bind>`;
    await asksToResumeAtOnce(juliet, { id: 'gone', h: 3, more });
    await juliet.gets`
      <success xmlns='urn:xmpp:sasl:2'>
        ${failed('item-not-found')}
        <bound xmlns='urn:xmpp:bind:0'><enabled xmlns='${NS_SM}'/></bound>
      </success>
      <features xmlns='http://etherx.jabber.org/streams'/>`;
  });
});

describe('there is nothing to go on with', () => {
  conversation('by an id that nobody has given out [XEP-0198 5]', quiet, async ({ juliet }) => {
    const id = await enables(juliet);
    await juliet.vanishes();
    for (const other of [`${id}x`, id.slice(1), id.toLowerCase(), 'x'.repeat(3000)]) {
      await asksToResume(juliet, other, 0);
      await juliet.gets`${failed('item-not-found')}`;
      expect(juliet.lastText).not.toContain(' h=');
    }
    await resumes(juliet, id, 0);
  });

  conversation("by somebody else's id [XEP-0198 5]", quiet, async ({ juliet, romeo }) => {
    const id = await enables(juliet);
    await juliet.vanishes();
    await romeo.leaves();
    await asksToResume(romeo, id, 0);
    await romeo.gets`${failed('item-not-found')}`;
    expect(romeo.lastText).not.toContain(' h=');
    await resumes(juliet, id, 0);
  });

  for (const request of [
    "h='0'",
    "previd='x'",
    "previd='' h='0'",
    "previd='x' h='-1'",
    "previd='x' h='4294967296'",
  ]) {
    conversation(
      `by a request with ${request} [XEP-0198 5]`,
      { absent: ['juliet'] },
      async ({ juliet }) => {
        await juliet.authenticates();
        await juliet.sends`${`<resume xmlns='${NS_SM}' ${request}/>`}`;
        await juliet.gets`${failed('bad-request')}`;
      },
    );
  }

  conversation(
    'after the time; then it is known how far the client came [XEP-0198 5]',
    brief,
    async (people, server) => {
      const { juliet, romeo } = people;
      const id = await enables(juliet);
      await juliet.sends`<message to='${romeo}'>${BODY}</message>`;
      await romeo.gets`<message/>`;
      await juliet.vanishes();
      server.clock.advance(SHORT_HOLD);
      await asksToResume(juliet, id, 0);
      await juliet.gets`<failed xmlns='${NS_SM}' h='1'/>`;
      await juliet.sends`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`;
      await juliet.gets`<iq type='result' id='b'/>`;
    },
  );

  conversation(
    'after a stream that was closed as it should be [XEP-0198 7]',
    friends,
    async ({ juliet, romeo }) => {
      const id = await manages(juliet);
      await romeo.forgets();
      await juliet.leaves();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
      await asksToResume(juliet, id, 0);
      await juliet.gets`${failed('item-not-found')}`;
    },
  );

  conversation('after an error of the client [XEP-0198 7]', quiet, async ({ juliet }) => {
    const id = await enables(juliet);
    await juliet.sends`<nonsense xmlns='urn:example:nonsense'/>`;
    await juliet.gets`<error xmlns='http://etherx.jabber.org/streams'/>`;
    await juliet.getsEnd();
    await asksToResume(juliet, id, 0);
    await juliet.gets`${failed('item-not-found')}`;
  });

  conversation(
    'where the client did not ask for it [XEP-0198 5]',
    friends,
    async ({ juliet, romeo }) => {
      await juliet.sends`<enable xmlns='${NS_SM}'/><presence/>`;
      await juliet.forgets();
      await romeo.forgets();
      await juliet.vanishes();
      await romeo.gets`<presence type='unavailable' from='${juliet}'/>`;
    },
  );

  conversation(
    'where the operator does not want it [XEP-0198 5]',
    { ...quiet, config: { modules: { 'stream-management': { hold: '0s' } } } },
    async ({ juliet }) => {
      await juliet.sends`${ENABLE}`;
      await juliet.gets`<enabled xmlns='${NS_SM}' resume='${nothing}'/>`;
      await juliet.vanishes();
      await asksToResume(juliet, 'any', 0);
      await juliet.gets`${failed('feature-not-implemented')}`;
    },
  );

  conversation(
    'with an h that is too high, and later all the same [XEP-0198 6]',
    quiet,
    async ({ juliet }) => {
      const id = await enables(juliet);
      await juliet.vanishes();
      await asksToResume(juliet, id, 1);
      await juliet.gets`
      <error xmlns='http://etherx.jabber.org/streams'><handled-count-too-high xmlns='${NS_SM}'/></error>`;
      await juliet.getsEnd();
      await resumes(juliet, id, 0);
    },
  );
});
