import { describe, expect } from '@jest/globals';
import { conversation, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const PING = "<ping xmlns='urn:xmpp:ping'/>";
const UNKNOWN = "<query xmlns='urn:example:unknown'/>";

/** What refuses an IQ with id 'i'. */
function refusal(from: string, type: string, condition: string): string {
  return `
    <iq type='error' id='i' from='${from}'>
      <error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>
    </iq>`;
}

describe('an IQ to a full address', () => {
  conversation(
    'goes to that resource, and its answer comes back [RFC6121 8.5.3.1]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await juliet.sends`<iq type='get' id='i' to='${laptop}'>${UNKNOWN}</iq>`;
      await laptop.gets`
        <iq type='get' id='i' from='${juliet}' to='${laptop}'>
          <query xmlns='urn:example:unknown'/>
        </iq>`;
      await laptop.sends`<iq type='result' id='i' to='${juliet}'><answer xmlns='urn:x'/></iq>`;
      await juliet.gets`<iq type='result' id='i' from='${laptop}'><answer xmlns='urn:x'/></iq>`;
      await phone.getsNothing();
    },
  );

  conversation(
    'reaches a resource that is connected and not available [RFC6121 8.5.3.1]',
    { quiet: ['romeo'] },
    async ({ juliet, romeo }) => {
      await juliet.sends`<iq type='set' id='i' to='${romeo}'>${UNKNOWN}</iq>`;
      await romeo.gets`<iq type='set' id='i' from='${juliet}'/>`;
    },
  );

  conversation(
    'of nobody is refused, alike for accounts that exist and that do not [RFC6121 8.5.3.2.3]',
    async ({ juliet, romeo }, server) => {
      for (const to of [`${romeo.bare}/gone`, `nobody@${server}/gone`]) {
        await juliet.sends`<iq type='get' id='i' to='${to}'>${PING}</iq>`;
        await juliet.gets`${refusal(to, 'cancel', 'service-unavailable')}`;
      }
      await romeo.getsNothing();
    },
  );

  conversation(
    'that is an answer and reaches nobody is dropped [RFC6120 8.2.3]',
    async ({ juliet, romeo }, server) => {
      const error = `<error type='cancel'><gone xmlns='${STANZA_ERRORS}'/></error>`;
      for (const to of [`${romeo.bare}/gone`, romeo.bare, server.domain, `nobody@${server}`]) {
        await juliet.sends`<iq type='result' id='i' to='${to}'/>`;
        await juliet.sends`<iq type='error' id='i' to='${to}'>${error}</iq>`;
      }
      await juliet.getsNothing();
      await romeo.getsNothing();
    },
  );
});

describe('an IQ to a bare address', () => {
  conversation(
    'is answered by the server for the account, never by a client [RFC6121 8.5.2.1.3]',
    async ({ juliet, romeo }) => {
      await juliet.sends`<iq type='get' id='i' to='${romeo.bare}'>${UNKNOWN}</iq>`;
      await juliet.gets`${refusal(romeo.bare, 'cancel', 'service-unavailable')}`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'gets the same answer whether the account exists or not [RFC6120 13.11]',
    async ({ juliet, romeo }, server) => {
      const answers: string[] = [];
      for (const account of [romeo.bare, `nobody@${server}`]) {
        for (const payload of [
          UNKNOWN,
          "<query xmlns='http://jabber.org/protocol/disco#info'/>",
          "<query xmlns='http://jabber.org/protocol/disco#items'/>",
          "<query xmlns='jabber:iq:roster'/>",
          "<query xmlns='jabber:iq:version'/>",
          "<query xmlns='jabber:iq:last'/>",
          "<vCard xmlns='vcard-temp'/>",
          PING,
        ]) {
          await juliet.sends`<iq type='get' id='i' to='${account}'>${payload}</iq>`;
          await juliet.getsEither`
            <iq type='error' id='i' from='${account}'/><iq type='result' id='i' from='${account}'/>`;
          answers.push(juliet.lastText.replaceAll(account, 'ACCOUNT'));
        }
      }
      const half = answers.length / 2;
      expect(answers.slice(0, half)).toEqual(answers.slice(half));
    },
  );

  conversation('of the sender is answered for the sender [RFC6120 10.3.3]', async ({ juliet }) => {
    for (const to of [`to='${juliet.bare}'`, '']) {
      await juliet.sends`<iq type='get' id='i' ${to}>${PING}</iq>`;
      const answer = await juliet.gets`<iq type='result' id='i' to='${juliet}'/>`;
      expect([undefined, juliet.bare]).toContain(answer.attrs.from);
    }
  });
});

describe('an IQ to the server', () => {
  conversation(
    'that it does not know is refused [RFC6120 8.3.3.19]',
    async ({ juliet }, server) => {
      for (const type of ['get', 'set']) {
        await juliet.sends`<iq type='${type}' id='i' to='${server}'>${UNKNOWN}</iq>`;
        await juliet.gets`${refusal(server.domain, 'cancel', 'service-unavailable')}`;
      }
    },
  );

  conversation('of another domain is refused [RFC6120 8.3.3.16]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='i' to='nowhere.invalid'>${PING}</iq>`;
    await juliet.gets`${refusal('nowhere.invalid', 'cancel', 'remote-server-not-found')}`;
  });
});

describe('a malformed IQ', () => {
  const faults: readonly [string, string][] = [
    ['of an unknown type', `<iq type='ask' id='i' to='TO'>${PING}</iq>`],
    ['without a type', `<iq id='i' to='TO'>${PING}</iq>`],
    ['with two children', `<iq type='get' id='i' to='TO'>${PING}${UNKNOWN}</iq>`],
    ['without a child', "<iq type='get' id='i' to='TO'/>"],
  ];
  for (const [what, iq] of faults) {
    conversation(`${what} is refused [RFC6120 8.2.3]`, async ({ juliet, romeo }, server) => {
      for (const to of [server.domain, `${romeo}`]) {
        await juliet.sends`${iq.replace('TO', to)}`;
        await juliet.gets`${refusal(to, 'modify', 'bad-request')}`;
      }
      await romeo.getsNothing();
    });
  }

  conversation('without an id is refused [RFC6120 8.1.3]', async ({ juliet, romeo }) => {
    await juliet.sends`<iq type='get' to='${romeo}'>${PING}</iq>`;
    await juliet.gets`
      <iq type='error' id='${nothing}' from='${romeo}'>
        <error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error>
      </iq>`;
    await romeo.getsNothing();
  });

  conversation('with a malformed address is refused [RFC6120 8.3.3.8]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='i' to='@@'>${PING}</iq>`;
    await juliet.gets`
      <iq type='error' id='i'>
        <error type='modify'><jid-malformed xmlns='${STANZA_ERRORS}'/></error>
      </iq>`;
  });
});

describe('answers that nobody asked for', () => {
  conversation(
    'do not pass for the answer of somebody else [RFC6120 8.1.2.1]',
    async ({ juliet, romeo, tybalt }) => {
      await juliet.sends`<iq type='get' id='i' to='${romeo}'>${UNKNOWN}</iq>`;
      await tybalt.sends`<iq type='result' id='i' to='${juliet}'><answer xmlns='urn:x'/></iq>`;
      await juliet.gets`<iq type='result' id='i' from='${tybalt}'/>`;
      await romeo.gets`<iq type='get' id='i' from='${juliet}'/>`;
    },
  );
});
