import { describe, expect } from '@jest/globals';
import { anything, conversation, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';

describe('the sender of a message', () => {
  conversation(
    'is stamped by the server, whatever the client leaves out [RFC6120 8.1.2.1]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<message to='${romeo}' type='chat' id='m'><body>Hi</body></message>`;
      await romeo.gets`
        <message from='${juliet}' to='${romeo}' type='chat' id='m'><body>Hi</body></message>`;
    },
  );

  conversation(
    'may write its own bare address and is stamped with the full one [RFC6120 8.1.2.1]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<message from='${juliet.bare}' to='${romeo}'><body>Hi</body></message>`;
      await romeo.gets`<message from='${juliet}'><body>Hi</body></message>`;
    },
  );

  for (const [whose, from] of [
    ["another account's address", (romeo: string) => romeo],
    ['the address of another server', () => 'somebody@elsewhere.example/x'],
  ] as const) {
    conversation(
      `who writes ${whose} loses the stream [RFC6120 8.1.2.1]`,
      async ({ juliet, romeo, nurse }) => {
        const forged = from(`${romeo}`);
        await juliet.sends`<message from='${forged}' to='${nurse}'><body>Hi</body></message>`;
        await juliet.gets`<stream:error><invalid-from xmlns='${STREAM_ERRORS}'/></stream:error>`;
        await juliet.getsEnd();
        await nurse.getsNothing();
      },
    );
  }

  conversation(
    'cannot take the address of another of its own devices, there or not [RFC6120 8.1.2.1]',
    async ({ juliet: { laptop, phone }, romeo }) => {
      for (const other of [`${phone}`, `${phone.bare}/gone`]) {
        await laptop.sends`<message from='${other}' to='${romeo}'><body>Hi</body></message>`;
        await romeo.gets`<message from='${laptop}'><body>Hi</body></message>`;
      }
      await laptop.sends`<iq type='get' id='p' from='${phone}'><ping xmlns='urn:xmpp:ping'/></iq>`;
      await laptop.gets`<iq type='result' id='p' to='${laptop}'/>`;
      await phone.getsNothing();
    },
  );
});

describe('the content of a message', () => {
  conversation(
    'arrives as it was sent: languages, subject, thread [RFC6121 5.2]',
    async ({ juliet, romeo }) => {
      const content =
        "<subject>I implore you!</subject><subject xml:lang='cs'>Úpěnlivě prosím!</subject>" +
        "<body>Wherefore art thou, Romeo?</body><body xml:lang='cs'>Pročež jsi ty, Romeo?</body>" +
        "<thread parent='e0ffe42b28561960c6b12b944a092794b9683a38'>0e3141cd80894871a68e</thread>";
      await juliet.sends`<message to='${romeo}' type='chat' xml:lang='en'>${content}</message>`;
      await romeo.gets`<message xml:lang='en'><subject/><body/><thread/></message>`;
      expect(romeo.lastText).toContain(content);
    },
  );

  conversation(
    'arrives byte by byte where the server does not know it [RFC6120 8.4]',
    async ({ juliet, romeo }) => {
      const payload =
        `<x:bag xmlns:x="urn:example:bag" x:size = '1 &amp; 2'><x:item/><item xmlns=''>` +
        `<![CDATA[<not markup>]]>&#x1F339;\t\n</item></x:bag >`;
      await juliet.sends`<message to='${romeo}'>${payload}</message>`;
      await romeo.gets`<message><bag xmlns='urn:example:bag'/></message>`;
      expect(romeo.lastText).toContain(payload);
    },
  );

  conversation(
    'keeps the meaning of a prefix that the stream header declared [RFC6120 4.8.5]',
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.signsIn({ header: "xmlns:x='urn:example:x'" });
      await juliet.sends`<message to='${romeo}' x:mood='sad'><x:note>Hi</x:note></message>`;
      await romeo.gets`<message><note xmlns='urn:example:x'>Hi</note></message>`;
    },
  );

  conversation(
    "has the stream's language where it names none [RFC6120 4.7.4]",
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.signsIn({ header: "xml:lang='it'" });
      await juliet.sends`<message to='${romeo}'><body>Ciao</body></message>`;
      await romeo.gets`<message xml:lang='it'><body>Ciao</body></message>`;
      await juliet.sends`<message to='${romeo}' xml:lang='en'><body>Hi</body></message>`;
      await romeo.gets`<message xml:lang='en'><body>Hi</body></message>`;
    },
  );

  conversation(
    'loses a stanza-id that claims to be from this server [XEP-0359 6]',
    async ({ juliet, romeo }, server) => {
      const id = (by: string) => `<stanza-id xmlns='urn:xmpp:sid:0' id='forged' by='${by}'/>`;
      const shout = romeo.bare.toUpperCase();
      await juliet.sends`
        <message to='${romeo}' type='chat'>
          ${id(romeo.bare)}${id(shout)}${id(server.domain)}${id(juliet.bare)}
          <body>Hi</body>${id('elsewhere.example')}
          <origin-id xmlns='urn:xmpp:sid:0' id='mine'/>
        </message>`;
      const message = await romeo.gets`<message><body>Hi</body></message>`;
      const left = message.getChildren('stanza-id', 'urn:xmpp:sid:0').map(({ attrs }) => attrs.by);
      // Behind all others is that of the archive.
      expect(left).toEqual(['elsewhere.example', romeo.bare]);
      expect(message.toString()).not.toContain(`id="forged" by="${romeo.bare}"`);
      expect(message.getChild('origin-id', 'urn:xmpp:sid:0')).toBeDefined();
    },
  );

  conversation(
    'loses a delay that claims to be from this server [XEP-0203 6]',
    async ({ juliet, romeo }, server) => {
      const delay = (from: string) =>
        `<delay xmlns='urn:xmpp:delay' from='${from}' stamp='2001-01-01T00:00:00Z'/>`;
      await juliet.sends`
        <message to='${romeo}'>${delay(server.domain)}<body>Hi</body>${delay('room.example')}</message>`;
      const message = await romeo.gets`<message><body>Hi</body></message>`;
      const left = message.getChildren('delay', 'urn:xmpp:delay').map(({ attrs }) => attrs.from);
      expect(left).toEqual(['room.example']);
    },
  );
});

describe('messages without a type, or of one that is none', () => {
  for (const type of ['', "type='strange'"]) {
    conversation(
      `${type || 'no type'} is taken for normal [RFC6121 5.2.2]`,
      { absent: ['romeo'] },
      async ({ juliet, romeo: { laptop, phone } }) => {
        const message = (to: string) =>
          `<message to='${to}' ${type} id='m'><body>Hi</body></message>`;
        await juliet.sends`${message(laptop.bare)}`;
        await juliet.getsNothing();
        await laptop.signsIn();
        await laptop.gets`<message from='${juliet}' id='m'><body>Hi</body></message>`;
        await juliet.sends`${message(phone.toString())}`;
        await juliet.gets`
          <message type='error' id='m' from='${phone}'>
            <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
          </message>`;
        await laptop.getsNothing();
      },
    );
  }
});

describe('messages to oneself', () => {
  conversation(
    'without an address go to the own account [RFC6120 10.3.1]',
    async ({ juliet: { laptop, phone } }) => {
      await laptop.sends`<message type='chat'><body>Note to self</body></message>`;
      for (const client of [laptop, phone]) {
        await client.gets`<message from='${laptop}'><body>Note to self</body></message>`;
      }
    },
  );

  conversation(
    'to one of the own devices go there and nowhere else [RFC6121 8.5.3.1]',
    async ({ juliet: { laptop, phone } }) => {
      await laptop.sends`<message to='${phone}'><body>Over there</body></message>`;
      await phone.gets`<message from='${laptop}'><body>Over there</body></message>`;
      await laptop.getsNothing();
    },
  );
});

describe('messages that cannot be delivered', () => {
  conversation(
    'to an account that is not there come back [RFC6121 8.5.1]',
    async ({ juliet }, server) => {
      await juliet.sends`<message to='nobody@${server}' id='m' type='chat'><body>Hi</body></message>`;
      await juliet.gets`
        <message type='error' id='m' from='nobody@${server}' to='${juliet}'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </message>`;
    },
  );

  conversation('to the server itself come back [RFC6121 8.4]', async ({ juliet }, server) => {
    await juliet.sends`<message to='${server}' id='m'><body>Hi</body></message>`;
    await juliet.gets`
        <message type='error' id='m' from='${server}'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </message>`;
  });

  conversation(
    'to a domain that is not served come back [RFC6120 8.3.3.16]',
    async ({ juliet }) => {
      await juliet.sends`<message to='romeo@nowhere.invalid' id='m'><body>Hi</body></message>`;
      await juliet.gets`
        <message type='error' id='m' from='romeo@nowhere.invalid'>
          <error type='cancel'><remote-server-not-found xmlns='${STANZA_ERRORS}'/></error>
        </message>`;
    },
  );

  conversation(
    'are not answered when they are errors [RFC6120 8.3.1]',
    async ({ juliet }, server) => {
      for (const to of [`nobody@${server}`, 'romeo@nowhere.invalid', server.domain]) {
        await juliet.sends`
        <message to='${to}' type='error' id='m'>
          <error type='cancel'><gone xmlns='${STANZA_ERRORS}'/></error>
        </message>`;
      }
      await juliet.getsNothing();
    },
  );

  for (const to of [
    '@localhost',
    'juliet@',
    'a@b@c',
    'juliet@localhost/',
    `${'x'.repeat(1024)}@a`,
  ]) {
    conversation(
      `to '${to.slice(0, 20)}' come back as malformed [RFC6120 8.3.3.8]`,
      async ({ juliet }) => {
        await juliet.sends`<message to='${to}' id='m'><body>Hi</body></message>`;
        await juliet.gets`
          <message type='error' id='m' to='${anything}'>
            <error type='modify'><jid-malformed xmlns='${STANZA_ERRORS}'/></error>
          </message>`;
        await juliet.sends`<message to='${juliet}'><body>Go on</body></message>`;
        await juliet.gets`<message><body>Go on</body></message>`;
      },
    );
  }

  conversation(
    'have one error in their answer and no content of the original [RFC6120 8.3.1]',
    async ({ juliet }, server) => {
      await juliet.sends`<message to='nobody@${server}'><body>Secret</body></message>`;
      const answer = await juliet.gets`<message type='error' id='${nothing}'><error/></message>`;
      expect(answer.getChildren('error')).toHaveLength(1);
    },
  );
});

describe('what is no stanza', () => {
  for (const element of [
    "<note to='x'/>",
    "<message xmlns='jabber:server'/>",
    "<x xmlns='urn:x'/>",
  ]) {
    conversation(`${element} ends the stream [RFC6120 4.9.3.24]`, async ({ juliet }) => {
      await juliet.sends`${element}`;
      await juliet.gets`
        <stream:error><unsupported-stanza-type xmlns='${STREAM_ERRORS}'/></stream:error>`;
      await juliet.getsEnd();
    });
  }
});

describe('the order of messages', () => {
  conversation('is kept between two devices [RFC6120 10.1]', async ({ juliet, romeo }) => {
    const bodies = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const body of bodies) {
      await juliet.sends`<message to='${romeo.bare}' type='chat'><body>${body}</body></message>`;
    }
    for (const body of bodies) await romeo.gets`<message><body>${body}</body></message>`;
  });

  conversation('is kept within one write [RFC6120 10.1]', async ({ juliet, romeo }) => {
    const message = (body: number) =>
      `<message to='${romeo}' type='chat'><body>${body}</body></message>`;
    await juliet.sends`${[1, 2, 3].map(message).join('')}`;
    await romeo.gets`
      <message><body>1</body></message>
      <message><body>2</body></message>
      <message><body>3</body></message>`;
  });
});
