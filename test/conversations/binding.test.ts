import { describe, expect } from '@jest/globals';
import { anything, conversation, nothing } from '../support/conversation.ts';

const BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** A request for a resource. */
function binding(resource: string): string {
  return `<iq type='set' id='b'><bind xmlns='${BIND}'><resource>${resource}</resource></bind></iq>`;
}

describe('binding a resource', () => {
  conversation(
    'the server makes a resource for who asks for none, another one each time [RFC6120 7.6]',
    { absent: ['juliet'] },
    async ({ juliet: { laptop, phone } }) => {
      const resources: (string | undefined)[] = [];
      for (const client of [laptop, phone]) {
        await client.authenticates();
        await client.sends`<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`;
        const iq = await client.gets`
          <iq type='result' id='b'>
            <bind xmlns='${BIND}'><jid>${laptop.bare}/${anything}</jid></bind>
          </iq>`;
        resources.push(iq.getChild('bind')?.getChildText('jid')?.split('/')[1]);
      }
      expect(resources[0]!.length).toBeGreaterThan(5);
      expect(resources[0]).not.toBe(resources[1]);
    },
  );

  conversation(
    'a client gets the resource that it asks for [RFC6120 7.7]',
    { absent: ['juliet'] },
    async ({ juliet }) => {
      await juliet.authenticates();
      await juliet.sends`${binding('balcony')}`;
      await juliet.gets`
        <iq type='result' id='b'>
          <bind xmlns='${BIND}'><jid>${juliet.bare}/balcony</jid></bind>
        </iq>`;
    },
  );

  conversation(
    'a resource is prepared as an opaque string [RFC7622 3.4]',
    { absent: ['juliet'] },
    async ({ juliet }) => {
      await juliet.authenticates();
      await juliet.sends`${binding('Cafe\u0301')}`;
      await juliet.gets`
        <iq type='result' id='b'>
          <bind xmlns='${BIND}'><jid>${juliet.bare}/Caf\u00E9</jid></bind>
        </iq>`;
    },
  );

  for (const [what, resource] of [
    ['too long', 'x'.repeat(1024)],
    ['not allowed', 'balcony\u2028'],
  ] as const) {
    conversation(
      `a resource that is ${what} is never taken as it is [RFC6120 7.7.2.1]`,
      { absent: ['juliet'] },
      async ({ juliet }) => {
        await juliet.authenticates();
        await juliet.sends`${binding(resource)}`;
        const answer = await juliet.getsEither`
          <iq type='error' id='b'>
            <error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error>
          </iq>
          <iq type='result' id='b'>
            <bind xmlns='${BIND}'><jid>${juliet.bare}/${anything}</jid></bind>
          </iq>`;
        if (answer.attrs.type === 'result') {
          expect(answer.getChild('bind')?.getChildText('jid')).not.toContain(resource);
          return;
        }
        await juliet.sends`${binding('balcony')}`;
        await juliet.gets`<iq type='result' id='b'/>`;
      },
    );
  }

  conversation(
    'nothing but binding is possible before binding [RFC6120 7.1]',
    { absent: ['juliet'] },
    async ({ juliet, romeo }) => {
      await juliet.authenticates();
      await juliet.sends`<message to='${romeo}'><body>Early</body></message>`;
      await juliet.gets`
        <stream:error><not-authorized xmlns='${STREAM_ERRORS}'/></stream:error>`;
      await juliet.getsEnd();
      await romeo.getsNothing();
    },
  );

  conversation('one stream binds one resource [RFC6120 7.1]', async ({ juliet }) => {
    await juliet.sends`<iq type='set' id='b' to='${juliet.bare}'><bind xmlns='${BIND}'/></iq>`;
    await juliet.gets`<iq type='error' id='b'/>`;
  });
});

describe('a resource that is in use', () => {
  conversation(
    'goes to the newcomer; the old session ends with a conflict [RFC6120 7.7.2.2]',
    { absent: ['juliet.phone'] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await phone.authenticates();
      await phone.sends`${binding('laptop')}`;
      await phone.gets`<iq type='result' id='b'/>`;
      await laptop.gets`<stream:error><conflict xmlns='${STREAM_ERRORS}'/></stream:error>`;
      await laptop.getsEnd();
      await romeo.sends`<message to='${laptop}' type='chat'><body>Who is it?</body></message>`;
      await phone.gets`<message to='${laptop}'><body>Who is it?</body></message>`;
    },
  );

  conversation(
    'does not come back to the session that has lost it [RFC6120 7.7.2.2]',
    { absent: ['juliet.phone'], friends: [['juliet', 'romeo']] },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await phone.authenticates();
      await phone.sends`${binding('laptop')}`;
      await phone.gets`<iq type='result'/>`;
      await laptop.gets`<stream:error/>`;
      await romeo.gets`<presence type='unavailable' from='${laptop}'/>`;
      await phone.sends`<presence/>`;
      await romeo.gets`<presence from='${laptop}'/>`;
      await phone.gets`<presence from='${laptop}'/>`;
      await phone.gets`<presence from='${romeo}'/>`;
      // The old connection lives a little longer than its session.
      await laptop.sends`<message to='${romeo}'><body>a ghost</body></message>`;
      await laptop.vanishes();
      await romeo.sends`<message to='${laptop}' type='chat'><body>Still there?</body></message>`;
      await phone.gets`<message><body>Still there?</body></message>`;
      await romeo.getsNothing();
    },
  );

  conversation(
    'is refused to the newcomer where the operator says so [RFC6120 7.7.2.2]',
    { absent: ['juliet.phone'], config: { signIn: { resourceConflict: 'refuse' } } },
    async ({ juliet: { laptop, phone }, romeo }) => {
      await phone.authenticates();
      await phone.sends`${binding('laptop')}`;
      await phone.gets`
        <iq type='error' id='b'>
          <error type='cancel'><conflict xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await romeo.sends`<message to='${laptop}'><body>Hi</body></message>`;
      await laptop.gets`<message><body>Hi</body></message>`;
    },
  );

  conversation(
    'makes the newcomer get another one where the operator says so [RFC6120 7.7.2.2]',
    { absent: ['juliet.phone'], config: { signIn: { resourceConflict: 'rename' } } },
    async ({ juliet: { laptop, phone } }) => {
      await phone.authenticates();
      await phone.sends`${binding('laptop')}`;
      const iq = await phone.gets`
        <iq type='result' id='b'>
          <bind xmlns='${BIND}'><jid>${laptop.bare}/${anything}</jid></bind>
        </iq>`;
      expect(iq.getChild('bind')?.getChildText('jid')).not.toBe(`${laptop}`);
      await laptop.getsNothing();
    },
  );
});

describe('sessions of one account', () => {
  const two = { signIn: { sessionsPerAccount: 2 } };

  conversation(
    'are limited; one more is refused [RFC6120 7.6.2.1]',
    { absent: ['juliet.tablet'], config: two },
    async ({ juliet: { laptop, phone, tablet } }) => {
      await tablet.authenticates();
      await tablet.sends`${binding('tablet')}`;
      await tablet.gets`
        <iq type='error' id='b'>
          <error type='wait'><resource-constraint xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await laptop.leaves();
      await phone.gets`<presence type='unavailable' from='${laptop}'/>`;
      await tablet.sends`${binding('tablet')}`;
      await tablet.gets`<iq type='result' id='b'/>`;
    },
  );

  conversation(
    'at the limit may still be replaced [RFC6120 7.7.2.2]',
    { absent: ['juliet.tablet'], config: two },
    async ({ juliet: { laptop, phone, tablet } }) => {
      await tablet.authenticates();
      await tablet.sends`${binding('laptop')}`;
      await tablet.gets`<iq type='result' id='b'/>`;
      await laptop.gets`<stream:error><conflict xmlns='${STREAM_ERRORS}'/></stream:error>`;
      await phone.gets`<presence type='unavailable' from='${laptop}' to='${anything}'/>`;
    },
  );
});

conversation(
  'the answer to binding names nobody else [RFC6120 7.6.1]',
  { absent: ['juliet'] },
  async ({ juliet }) => {
    await juliet.authenticates();
    await juliet.sends`${binding('balcony')}`;
    await juliet.gets`<iq type='result' id='b' from='${nothing}'/>`;
  },
);
