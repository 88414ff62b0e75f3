import { describe } from '@jest/globals';
import { CARBONS, copy, enableCarbons } from '../support/carbons.ts';
import type { Client } from '../support/client.ts';
import { conversation } from '../support/conversation.ts';

const HINTS = 'urn:xmpp:hints';
const ROOM_USER = 'http://jabber.org/protocol/muc#user';
const BODY = '<body>Good morrow</body>';
const PRIVATE = `<private xmlns='${CARBONS}'/>`;
const NO_COPY = `<no-copy xmlns='${HINTS}'/>`;
const MEDIATED = `<x xmlns='${ROOM_USER}'><invite from='nurse@capulet.example'/></x>`;
const ROOM_PRIVATE = `<x xmlns='${ROOM_USER}'/>`;
const ERROR = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

interface Message {
  readonly what: string;
  readonly type?: string;
  readonly content: string;
}

const COPIED: readonly Message[] = [
  { what: 'chat', type: 'chat', content: BODY },
  { what: 'chat without a body', type: 'chat', content: "<x xmlns='urn:example:x'/>" },
  { what: 'a normal message with a body', content: BODY },
  { what: 'one of a type that nobody knows, with a body', type: 'gossip', content: BODY },
  { what: 'a receipt', content: "<received xmlns='urn:xmpp:receipts' id='1'/>" },
  { what: 'a request for one', content: "<request xmlns='urn:xmpp:receipts'/>" },
  { what: 'a marker', content: "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>" },
  { what: 'a chat state', content: "<gone xmlns='http://jabber.org/protocol/chatstates'/>" },
  {
    what: 'a chat state in a headline',
    type: 'headline',
    content: "<active xmlns='http://jabber.org/protocol/chatstates'/>",
  },
  { what: 'a direct invitation', content: "<x xmlns='jabber:x:conference' jid='r@x.example'/>" },
  { what: 'a mediated invitation', content: MEDIATED },
  {
    what: 'what is to be stored nowhere',
    type: 'chat',
    content: `${BODY}<no-store xmlns='${HINTS}'/><no-permanent-store xmlns='${HINTS}'/>`,
  },
];

const NOT_COPIED: readonly Message[] = [
  { what: 'a headline', type: 'headline', content: BODY },
  { what: 'a normal message without a body', content: '<subject>Dawn</subject>' },
  { what: 'what is for a room', type: 'groupchat', content: BODY },
  {
    what: 'a chat state for a room',
    type: 'groupchat',
    content: "<active xmlns='http://jabber.org/protocol/chatstates'/>",
  },
  { what: 'what is private', type: 'chat', content: `${BODY}${PRIVATE}${NO_COPY}` },
  { what: 'what is marked private only', type: 'chat', content: `${BODY}${PRIVATE}` },
  { what: 'what bears the hint only', type: 'chat', content: `${BODY}${NO_COPY}` },
  { what: 'an error that answers nothing', type: 'error', content: ERROR },
  {
    what: 'such an error with a chat state',
    type: 'error',
    content: `<active xmlns='http://jabber.org/protocol/chatstates'/>${ERROR}`,
  },
];

function write(message: Message, addresses: string): string {
  const type = message.type ? ` type='${message.type}'` : '';
  return `<message ${addresses}${type} id='m'>${message.content}</message>`;
}

/** Juliet's laptop and Romeo's write to each other; their phones have asked for copies. */
async function exchange(
  message: Message,
  { juliet, romeo }: Record<'juliet' | 'romeo', Record<'laptop' | 'phone', Client>>,
): Promise<string> {
  const [from, to] = [juliet.laptop, romeo.laptop];
  await enableCarbons(juliet.phone, romeo.phone);
  const delivered = write(message, `from='${from}' to='${to}'`);
  await from.sends`${write(message, `to='${to}'`)}`;
  await to.gets`${delivered}`;
  return delivered;
}

describe('is copied on both sides:', () => {
  for (const message of COPIED) {
    conversation(`${message.what} [XEP-0280 6.1]`, async ({ juliet, romeo }) => {
      const delivered = await exchange(message, { juliet, romeo });
      await juliet.phone.gets`${copy(juliet.phone, 'sent', delivered)}`;
      await romeo.phone.gets`${copy(romeo.phone, 'received', delivered)}`;
    });
  }
});

describe('is copied on neither side:', () => {
  for (const message of NOT_COPIED) {
    conversation(`${message.what} [XEP-0280 6.1, 9, XEP-0334 4.3]`, async ({ juliet, romeo }) => {
      await exchange(message, { juliet, romeo });
      await juliet.phone.getsNothing();
      await romeo.phone.getsNothing();
    });
  }
});

conversation(
  'between occupants of a room is copied to who sent it only [XEP-0280 6.1]',
  async ({ juliet, romeo }) => {
    const message = { what: '', type: 'chat', content: BODY + ROOM_PRIVATE };
    const delivered = await exchange(message, { juliet, romeo });
    await juliet.phone.gets`${copy(juliet.phone, 'sent', delivered)}`;
    await romeo.phone.getsNothing();
  },
);

describe('an error', () => {
  const error = (addresses: string) =>
    `<message ${addresses} type='error' id='m'>${ERROR}</message>`;

  conversation('is copied when it answers what was [XEP-0280 6.1]', async ({ juliet, romeo }) => {
    const message = { what: '', type: 'chat', content: BODY };
    const delivered = await exchange(message, { juliet, romeo });
    await juliet.phone.gets`${copy(juliet.phone, 'sent', delivered)}`;
    await romeo.phone.gets`${copy(romeo.phone, 'received', delivered)}`;
    const { laptop } = romeo;
    const addresses = `from='${laptop}' to='${juliet.laptop}'`;
    await laptop.sends`${error(`to='${juliet.laptop}'`)}`;
    await juliet.laptop.gets`${error(addresses)}`;
    await juliet.phone.gets`${copy(juliet.phone, 'received', error(addresses))}`;
    await romeo.phone.gets`${copy(romeo.phone, 'sent', error(addresses))}`;
  });

  conversation(
    'is not when it answers something private, or comes from somebody else [XEP-0280 6.1]',
    async ({ juliet, romeo, tybalt }) => {
      const message = { what: '', type: 'chat', content: BODY + PRIVATE };
      await exchange(message, { juliet, romeo });
      await romeo.laptop.sends`${error(`to='${juliet.laptop}'`)}`;
      await juliet.laptop.gets`${error(`from='${romeo.laptop}'`)}`;
      await juliet.laptop.sends`<message to='${romeo.laptop}' type='chat' id='m'>${BODY}</message>`;
      await romeo.laptop.gets`<message id='m'>${BODY}</message>`;
      await juliet.phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
      await romeo.phone.gets`<message><received xmlns='${CARBONS}'/></message>`;
      await tybalt.sends`${error(`to='${juliet.laptop}'`)}`;
      await juliet.laptop.gets`${error(`from='${tybalt}'`)}`;
      await juliet.phone.getsNothing();
    },
  );

  conversation('about a copy is nobody else’s [XEP-0280 10.3]', async ({ juliet, romeo }) => {
    const delivered = await exchange({ what: '', type: 'chat', content: BODY }, { juliet, romeo });
    await juliet.phone.gets`${copy(juliet.phone, 'sent', delivered)}`;
    await romeo.phone.gets`${copy(romeo.phone, 'received', delivered)}`;
    await romeo.phone.sends`${error(`to='${romeo.phone.bare}'`)}`;
    await romeo.phone.getsNothing();
    await juliet.laptop.getsNothing();
    await romeo.laptop.getsNothing();
  });
});
