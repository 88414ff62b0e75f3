import { describe, expect } from '@jest/globals';
import { blocks } from '../support/blocking.ts';
import { CARBONS, copy, disableCarbons, enableCarbons } from '../support/carbons.ts';
import { conversation, nothing } from '../support/conversation.ts';
import { signsInAtOnce } from '../support/sasl2.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const DISCO = 'http://jabber.org/protocol/disco#info';
const BODY = '<body>Neither, fair saint</body>';

describe('the server', () => {
  conversation(
    'says that it copies, and by which rules [XEP-0280 3]',
    async ({ romeo }, server) => {
      await romeo.sends`<iq type='get' id='d' to='${server}'><query xmlns='${DISCO}'/></iq>`;
      await romeo.gets`<iq type='result' id='d'><query xmlns='${DISCO}'><feature var='${CARBONS}'/></query></iq>`;
      expect(romeo.lastText).toMatch(/["']urn:xmpp:carbons:rules:0["']/);
    },
  );

  conversation(
    'copies nothing where the operator wants that [XEP-0280 3]',
    { config: { modules: { carbons: false } } },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await laptop.sends`<iq type='set' id='e'><enable xmlns='${CARBONS}'/></iq>`;
      await laptop.gets`
        <iq type='error' id='e'>
          <error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await phone.sends`<message to='${juliet}' type='chat'>${BODY}</message>`;
      await juliet.gets`<message>${BODY}</message>`;
      await laptop.getsNothing();
    },
  );
});

describe('copies', () => {
  conversation(
    'are for devices that ask for them [XEP-0280 4]',
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await enableCarbons(phone);
      await juliet.sends`<message to='${laptop}' type='chat' id='m'>${BODY}</message>`;
      await laptop.gets`<message from='${juliet}' id='m'>${BODY}</message>`;
      await phone.gets`${copy(phone, 'received', `<message from='${juliet}' to='${laptop}' type='chat' id='m'>${BODY}</message>`)}`;
      await tablet.getsNothing();
    },
  );

  conversation(
    'may be asked for and declined again and again [XEP-0280 10.1]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await disableCarbons(phone);
      for (let round = 0; round < 2; round++) {
        await enableCarbons(phone, phone);
        await laptop.sends`<message to='${juliet}' type='chat'>${BODY}</message>`;
        await juliet.gets`<message>${BODY}</message>`;
        await phone.gets`${copy(phone, 'sent', `<message from='${laptop}' to='${juliet}' type='chat'>${BODY}</message>`)}`;
        await disableCarbons(phone);
        await disableCarbons(phone);
        await laptop.sends`<message to='${juliet}' type='chat'>${BODY}</message>`;
        await juliet.gets`<message>${BODY}</message>`;
        await phone.getsNothing();
      }
    },
  );

  conversation(
    'have to be asked for anew in a new session [XEP-0280 4]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await phone.leaves();
      await phone.returns();
      await phone.forgets();
      await laptop.forgets();
      await laptop.sends`<message to='${juliet}' type='chat'>${BODY}</message>`;
      await juliet.gets`<message>${BODY}</message>`;
      await phone.getsNothing();
    },
  );

  conversation(
    'cannot be asked for by others, whether there is such an account or not [XEP-0280 4.1, 5.1]',
    async ({ juliet, romeo }, server) => {
      for (const to of [romeo.bare, `nobody@${server}`]) {
        for (const name of ['enable', 'disable']) {
          await juliet.sends`<iq type='set' id='e' to='${to}'><${name} xmlns='${CARBONS}'/></iq>`;
          await juliet.gets`
            <iq type='error' id='e' from='${to}'>
              <error type='cancel'><not-allowed xmlns='${STANZA_ERRORS}'/></error>
            </iq>`;
        }
      }
      await romeo.getsNothing();
    },
  );

  conversation(
    'can be asked for while signing in [XEP-0386 3.2, XEP-0280 4]',
    { absent: ['romeo.phone'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      const features = `<enable xmlns='${CARBONS}'/>`;
      const jid = await signsInAtOnce(phone, { tag: 'phone', features });
      await laptop.sends`<message to='${juliet}' type='chat'>${BODY}</message>`;
      await juliet.gets`<message>${BODY}</message>`;
      await phone.gets`
        <message from='${phone.bare}' to='${jid}' type='chat'>
          <sent xmlns='${CARBONS}'><forwarded xmlns='urn:xmpp:forward:0'>
            <message xmlns='jabber:client' from='${laptop}' to='${juliet}' type='chat'>${BODY}</message>
          </forwarded></sent>
        </message>`;
    },
  );

  conversation(
    'are announced to those who sign in so [XEP-0386 3.1]',
    { absent: ['romeo'] },
    async ({ romeo }) => {
      await romeo.connectsSecurely();
      expect(romeo.features).toContain(`<feature var="${CARBONS}"/>`);
    },
  );
});

describe('what one device sends', () => {
  conversation(
    'the others see, whether the sender wants copies itself or not [XEP-0280 8]',
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await enableCarbons(phone, tablet);
      for (const sender of [laptop, phone]) {
        const message = `<message from='${sender}' to='${juliet.bare}' type='chat' id='s' xml:lang='it'>${BODY}</message>`;
        await sender.sends`<message to='${juliet.bare}' type='chat' id='s' xml:lang='it'>${BODY}</message>`;
        await juliet.gets`${message}`;
        await tablet.gets`${copy(tablet, 'sent', message)}`;
        if (sender !== phone) await phone.gets`${copy(phone, 'sent', message)}`;
      }
      await laptop.getsNothing();
    },
  );

  conversation(
    'is copied byte by byte, without a delay or an id of its own [XEP-0297 3.1]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      const payload = `<x:bag xmlns:x="urn:example:bag" x:size = '1'><x:item/><![CDATA[<ü🌹>]]></x:bag >`;
      await enableCarbons(phone);
      await laptop.sends`<message to='${juliet}' type='chat' id='b'>${payload}</message>`;
      await juliet.gets`<message id='b'/>`;
      await phone.gets`<message type='chat' id='${nothing}'><sent xmlns='${CARBONS}'/></message>`;
      expect(phone.lastText).toContain(`>${payload}</message></forwarded></sent></message>`);
      expect(phone.lastText).not.toContain('delay');
    },
  );

  conversation(
    'to nobody is copied with the error that it brings [XEP-0280 6.1, 8]',
    async ({ romeo: { laptop, phone } }, server) => {
      const error = `<error type='cancel'><service-unavailable xmlns='${STANZA_ERRORS}'/></error>`;
      await enableCarbons(phone);
      await laptop.sends`<message to='nobody@${server}' type='chat' id='n'>${BODY}</message>`;
      await laptop.gets`<message type='error' id='n'>${error}</message>`;
      await phone.gets`
        ${copy(phone, 'sent', `<message from='${laptop}' to='nobody@${server}' type='chat' id='n'>${BODY}</message>`)}
        ${copy(phone, 'received', `<message from='nobody@${server}' to='${laptop}' type='error' id='n'>${error}</message>`)}`;
    },
  );

  conversation(
    'is copied though it waits for its recipient [XEP-0280 8]',
    { absent: ['juliet'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await laptop.sends`<message to='${juliet.bare}' type='chat'>${BODY}</message>`;
      await phone.gets`${copy(phone, 'sent', `<message from='${laptop}' to='${juliet.bare}' type='chat'>${BODY}</message>`)}`;
      await juliet.signsIn();
      await juliet.gets`<message>${BODY}<delay xmlns='urn:xmpp:delay'/></message>`;
    },
  );
});

describe('what one device gets', () => {
  conversation(
    'those do not get again that have it already [XEP-0280 7]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      await juliet.sends`<message to='${laptop.bare}' type='chat'>${BODY}</message>`;
      await laptop.gets`<message from='${juliet}' to='${laptop.bare}'>${BODY}</message>`;
      await phone.gets`<message from='${juliet}' to='${laptop.bare}'>${BODY}</message>`;
      await juliet.sends`<message to='${phone}/gone' type='chat'>${BODY}</message>`;
      await laptop.gets`<message from='${juliet}' to='${phone}/gone'>${BODY}</message>`;
      await phone.gets`<message from='${juliet}' to='${phone}/gone'>${BODY}</message>`;
    },
  );

  conversation(
    'those see too that are negative or not available yet [XEP-0280 7]',
    { quiet: ['romeo.phone', 'romeo.tablet'] },
    async ({ juliet, romeo: { laptop, phone, tablet } }) => {
      await phone.sends`<presence><priority>-1</priority></presence>`;
      await laptop.gets`<presence from='${phone}'/>`;
      await phone.forgets();
      await enableCarbons(phone, tablet);
      const message = `<message from='${juliet}' to='${laptop.bare}' type='chat'>${BODY}</message>`;
      await juliet.sends`<message to='${laptop.bare}' type='chat'>${BODY}</message>`;
      await laptop.gets`${message}`;
      await phone.gets`${copy(phone, 'received', message)}`;
      await tablet.gets`${copy(tablet, 'received', message)}`;
    },
  );

  conversation(
    'is copied though it waits, and waits no more for who has the copy [XEP-0280 7, XEP-0160 3]',
    { quiet: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      const message = (id: string) =>
        `<message from='${juliet}' to='${laptop.bare}' type='chat' id='${id}'>${BODY}</message>`;
      await juliet.sends`<message to='${laptop.bare}' type='chat' id='1'>${BODY}</message>`;
      await juliet.getsNothing();
      await enableCarbons(phone);
      await juliet.sends`<message to='${laptop.bare}' type='chat' id='2'>${BODY}</message>`;
      await phone.gets`${copy(phone, 'received', message('2'))}`;
      await phone.sends`<presence/>`;
      await phone.gets`<presence from='${phone}'/>`;
      await phone.gets`<message id='1'>${BODY}<delay xmlns='urn:xmpp:delay'/></message>`;
      await laptop.getsNothing();
    },
  );

  conversation(
    'waits for all who have no copy [XEP-0160 3]',
    { quiet: ['romeo'] },
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await juliet.sends`<message to='${laptop.bare}' type='chat' id='1'>${BODY}</message>`;
      await phone.gets`<message><received xmlns='${CARBONS}'/></message>`;
      await laptop.sends`<presence/>`;
      await laptop.gets`<presence from='${laptop}'/>`;
      await laptop.gets`<message id='1'>${BODY}<delay xmlns='urn:xmpp:delay'/></message>`;
    },
  );

  conversation(
    'nobody sees that its sender hears has failed [RFC6121 8.5.3.2.1]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      await juliet.sends`<message to='${phone}/gone' id='g'>${BODY}</message>`;
      await juliet.gets`<message type='error' id='g'/>`;
      await laptop.getsNothing();
    },
  );

  conversation(
    'from somebody blocked nobody sees, nor what is for them [XEP-0191 3.3]',
    async ({ juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(phone);
      await blocks(phone, juliet.bare);
      await juliet.sends`<message to='${laptop}' type='chat' id='j'>${BODY}</message>`;
      await juliet.gets`<message type='error' id='j'/>`;
      await laptop.sends`<message to='${juliet}' type='chat' id='l'>${BODY}</message>`;
      await laptop.gets`<message type='error' id='l'/>`;
      await phone.getsNothing();
    },
  );
});

describe('what somebody sends to themselves', () => {
  conversation(
    'every device sees once [XEP-0280 7, 8]',
    { quiet: ['romeo.tablet'] },
    async ({ romeo: { laptop, phone, tablet } }) => {
      await enableCarbons(laptop, phone, tablet);
      const toAll = `<message from='${laptop}' to='${laptop.bare}' type='chat'>${BODY}</message>`;
      await laptop.sends`<message type='chat'>${BODY}</message>`;
      await laptop.gets`${toAll}`;
      await phone.gets`${toAll}`;
      await tablet.gets`${copy(tablet, 'sent', toAll)}`;
      const toOne = `<message from='${laptop}' to='${phone}' type='chat'>${BODY}</message>`;
      await laptop.sends`<message to='${phone}' type='chat'>${BODY}</message>`;
      await phone.gets`${toOne}`;
      await tablet.gets`${copy(tablet, 'sent', toOne)}`;
    },
  );
});

describe('a forged copy', () => {
  conversation(
    'reaches nobody, and leaves the message that carries it [XEP-0280 7, 12]',
    async ({ tybalt, juliet, romeo: { laptop, phone } }) => {
      await enableCarbons(laptop, phone);
      const inner = `<message from='${juliet}' to='${laptop}' type='chat'><body>Meet me</body></message>`;
      for (const direction of ['received', 'sent'] as const) {
        const forged = copy(laptop, direction, inner).match(/<(received|sent)[\s\S]*<\/\1>/)![0];
        await tybalt.sends`<message to='${laptop.bare}' type='chat' id='f'>${forged}<body>Hi</body></message>`;
        for (const device of [laptop, phone]) {
          await device.gets`<message from='${tybalt}' id='f'><body>Hi</body></message>`;
          expect(device.lastText).not.toContain(CARBONS);
        }
        await phone.sends`<message to='${juliet}' type='chat' id='f'>${forged}</message>`;
        await juliet.gets`<message from='${phone}' id='f'>${nothing}</message>`;
        await laptop.gets`${copy(laptop, 'sent', `<message from='${phone}' to='${juliet}' id='f' type='chat'>${nothing}</message>`)}`;
      }
    },
  );

  conversation('is not believed from a device of the account [XEP-0280 12]', async (people) => {
    const { laptop, phone } = people.romeo;
    const inner = `<message xmlns='jabber:client' from='${phone}'>${BODY}</message>`;
    const forged = `<sent xmlns='${CARBONS}'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></sent>`;
    await laptop.sends`<message to='${phone}' from='${laptop.bare}' type='chat' id='f'>${forged}</message>`;
    await phone.gets`<message from='${laptop}' id='f'>${nothing}</message>`;
  });
});
