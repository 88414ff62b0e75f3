import type { Incoming } from '../../src/server/flow.ts';
import { defineModule } from '../../src/server/module.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { NS } from '../../src/xmpp/ns.ts';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside } from '../support/conversation.ts';
import {
  acknowledges,
  DELAY,
  manages,
  SHORT_HOLD,
  shortHold,
} from '../support/stream-management.ts';

const END = '</stream:stream>';
const friends = [['juliet', 'romeo']] as const;
/** Messages of one burst: more than the server keeps waiting before it stops reading. */
const BURST = 40;

/** What `client` says at a stretch: messages, and presence behind each so many of them. */
async function speaks(client: Client, to: Client, every: number, last: string): Promise<void> {
  let said = '';
  for (let n = 0; n < BURST; n++) {
    said += `<message to='${to.bare}' type='chat' id='${n}'><body>Number ${n}</body></message>`;
    if (isFollowed(n, every)) said += `<presence><status>${n}</status></presence>`;
  }
  await client.sends`${said + last}`;
}

/** The same as it is heard. */
async function hears(client: Client, from: Client, every: number): Promise<void> {
  for (let n = 0; n < BURST; n++) {
    await client.gets`<message from='${from}' id='${n}'><body>Number ${n}</body></message>`;
    if (isFollowed(n, every)) await client.gets`${shown(from, n)}`;
  }
}

/** Its own presences come back to a client. */
async function hearsItself(client: Client, every: number): Promise<void> {
  for (let n = 0; n < BURST; n++) {
    if (isFollowed(n, every)) await client.gets`${shown(client, n)}`;
  }
}

function isFollowed(n: number, every: number): boolean {
  return n % every === every - 1;
}

function shown(who: Client, n: number): string {
  return `<presence from='${who}'><status>${n}</status></presence>`;
}

const gone = (who: Client) => `<presence type='unavailable' from='${who}'/>`;

for (const every of [1, 3, 7, BURST + 1]) {
  const presence = `presence behind each ${every}`;

  conversation(
    `what is said before a stream is closed arrives before its end is seen: ${presence} [RFC6120 4.4, 10.1]`,
    { friends, onDisk: true },
    async ({ juliet, romeo }) => {
      await speaks(juliet, romeo, every, END);
      await hears(romeo, juliet, every);
      await romeo.gets`${gone(juliet)}`;
      await hearsItself(juliet, every);
      await juliet.getsEnd();
    },
  );

  conversation(
    `or waits for who is away: ${presence} [RFC6120 4.4, XEP-0160 3]`,
    { absent: ['romeo'], onDisk: true },
    async ({ juliet, romeo }) => {
      await speaks(juliet, romeo, every, END);
      await hearsItself(juliet, every);
      await juliet.getsEnd();
      await romeo.signsIn();
      for (let n = 0; n < BURST; n++) await romeo.gets`<message id='${n}'>${DELAY}</message>`;
    },
  );

  conversation(
    `what is said before a connection ends arrives before its end is seen: ${presence} [RFC6120 4.4, 10.1]`,
    { friends, onDisk: true },
    async ({ juliet, romeo }) => {
      await speaks(juliet, romeo, every, '');
      await juliet.hangsUp();
      await hears(romeo, juliet, every);
      await romeo.gets`${gone(juliet)}`;
      await juliet.forgets();
    },
  );

  conversationInside(
    `with stream management likewise: ${presence} [RFC6120 4.4, XEP-0198 4]`,
    { friends, onDisk: true, config: shortHold },
    async ({ juliet: { laptop, phone }, romeo }, server) => {
      await manages(laptop);
      await phone.forgets();
      await manages(phone);
      await laptop.forgets();
      await romeo.forgets();
      await speaks(laptop, romeo, every, END);
      await hears(romeo, laptop, every);
      await romeo.gets`${gone(laptop)}`;
      await laptop.getsEnd();
      await laptop.forgets();
      await phone.forgets();
      await acknowledges(phone);
      await speaks(phone, romeo, every, '');
      await phone.hangsUp();
      await hears(romeo, phone, every);
      await romeo.getsNothing();
      server.clock.advance(SHORT_HOLD);
      await romeo.gets`${gone(phone)}`;
      await phone.forgets();
    },
  );
}

conversation(
  'who comes back at once comes behind what was said before [RFC6120 10.1, RFC6121 4.5]',
  { friends, onDisk: true },
  async ({ juliet, romeo }) => {
    await speaks(juliet, romeo, BURST + 1, '<presence><status>Last</status></presence>');
    await juliet.hangsUp();
    await juliet.returns();
    await hears(romeo, juliet, BURST + 1);
    await romeo.gets`
      <presence from='${juliet}'><status>Last</status></presence>
      ${gone(juliet)}
      <presence from='${juliet}'/>`;
    await juliet.gets`<presence from='${romeo}'/>`;
  },
);

conversation(
  'what is asked before a stream is closed is answered [RFC6120 4.4]',
  { onDisk: true },
  async ({ juliet, romeo }) => {
    await speaks(
      juliet,
      romeo,
      BURST + 1,
      `<iq type='get' id='ping' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>${END}`,
    );
    await juliet.gets`<iq type='result' id='ping'/>`;
    await juliet.getsEnd();
    await hears(romeo, juliet, BURST + 1);
  },
);

/** Commits until that is on disk which has a subject. */
const SLOWNESS = 40;

const slow = defineModule({
  name: 'slow',
  summary: 'Takes its time to store messages with a subject.',
  after: ['offline'],
  setup({ storage: { durability } }) {
    const store = (stanza: Stanza, { isRedelivery }: Incoming) =>
      stanza.has('subject', NS.client) && !isRedelivery
        ? { ticket: durability.latest + SLOWNESS }
        : undefined;
    return { flows: { incoming: { message: { store } } } };
  },
});

async function commits({ privateXml, durability }: Storage, owner: string): Promise<void> {
  for (let n = 0; n < SLOWNESS; n++) {
    const name = { name: 'kept', xmlns: 'urn:example:kept' };
    await durability.whenCommitted(privateXml.put(owner, name, `<kept n='${n}'/>`));
  }
}

conversationInside(
  'what comes for a client whose connection has ended waits for its next [RFC6121 8.5.2.2.1, RFC6120 8.2.3]',
  { friends, modules: [slow], inOrder: true },
  async ({ juliet, romeo, nurse }, { storage }) => {
    await juliet.sends`
      <message to='${romeo}' type='chat' id='1'><subject>Slow</subject></message>
      <presence><status>On</status></presence>
      <message to='${romeo}' type='chat' id='2'/>`;
    await juliet.hangsUp();
    await nurse.sends`
      <message to='${juliet.bare}' type='chat' id='3'><body>Hi</body></message>
      <iq type='get' to='${juliet}' id='4'><query xmlns='jabber:iq:version'/></iq>`;
    await nurse.getsNothing();
    await commits(storage, nurse.bare);
    await romeo.gets`
      <message id='1'/><presence from='${juliet}'><status>On</status></presence><message id='2'/>
      ${gone(juliet)}`;
    await nurse.gets`<iq type='error' id='4' from='${juliet}'/>`;
    await juliet.returns();
    await juliet.getsInAnyOrder`<presence from='${romeo}'/><message id='3'><body>Hi</body>${DELAY}</message>`;
    await romeo.gets`<presence from='${juliet}'/>`;
  },
);
