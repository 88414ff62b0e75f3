import type { Account } from '../../src/server/accounts.ts';
import type { Incoming } from '../../src/server/flow.ts';
import { defineModule } from '../../src/server/module.ts';
import { Session } from '../../src/server/session.ts';
import type { Storage } from '../../src/storage/ports.ts';
import { NS } from '../../src/xmpp/ns.ts';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import { CARBONS, enableCarbons } from '../support/carbons.ts';
import { conversationInside } from '../support/conversation.ts';
import { ASK, enables, NS_SM } from '../support/stream-management.ts';

const NS_PRIVATE = { name: 'kept', xmlns: 'urn:example:kept' };

/** Stores each message with a body on both sides, under ids that say whose they are. */
const keeping = defineModule({
  name: 'keeping',
  summary: 'Keeps messages.',
  setup({ storage }) {
    const store = (stanza: Stanza, { account }: { readonly account: Account | null }) => {
      if (!account || !stanza.has('body', NS.client)) return undefined;
      const ticket = storage.privateXml.put(account.owner, NS_PRIVATE, stanza.toText());
      return { ticket, stanzaId: `${account.jid.local}-${stanza.id}` };
    };
    return {
      flows: { outgoing: { message: { store } }, incoming: { message: { store } } },
    };
  },
});

const modules = [keeping];
const BURST = 40;
const onDisk = { modules, onDisk: true };

conversationInside(
  'what is stored and what is not comes in the order in which it was said [RFC6120 10.1]',
  onDisk,
  async ({ juliet, romeo }) => {
    for (let n = 0; n < BURST; n++) {
      await juliet.sends`<message to='${romeo}' id='${String(n)}'><body>Hi</body></message>`;
      await juliet.sends`<message to='${romeo}' id='${String(n)}-state'><composing xmlns='urn:example:state'/></message>`;
    }
    for (let n = 0; n < BURST; n++) {
      await romeo.gets`<message from='${juliet}' id='${String(n)}'><body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' by='${romeo.bare}' id='romeo-${String(n)}'/></message>`;
      await romeo.gets`<message from='${juliet}' id='${String(n)}-state'><composing xmlns='urn:example:state'/></message>`;
    }
  },
);

conversationInside(
  'what is asked behind a message is answered behind it [RFC6120 10.1]',
  onDisk,
  async ({ juliet }) => {
    await juliet.sends`<message to='${juliet.bare}' id='a'><body>Note</body></message>`;
    await juliet.sends`<iq type='get' id='ping' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await juliet.gets`<message id='a'><body>Note</body><stanza-id xmlns='urn:xmpp:sid:0' by='${juliet.bare}' id='juliet-a'/></message>`;
    await juliet.gets`<iq type='result' id='ping'/>`;
  },
);

conversationInside(
  "the sender's id goes to the sender's devices alone [XEP-0313 3.5] [XEP-0359 5]",
  onDisk,
  async ({ juliet: { laptop, phone }, romeo }) => {
    await phone.sends`<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>`;
    await phone.gets`<iq type='result' id='c'/>`;
    await laptop.sends`<message to='${romeo}' type='chat' id='m'><body>Hi</body></message>`;
    await romeo.gets`<message from='${laptop}' type='chat' id='m'><body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' by='${romeo.bare}' id='romeo-m'/></message>`;
    await phone.gets`
      <message type='chat' from='${laptop.bare}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
        <message xmlns='jabber:client' to='${romeo}' from='${laptop}' type='chat' id='m'><body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' by='${laptop.bare}' id='juliet-m'/></message>
      </forwarded></sent></message>`;
    await laptop.getsNothing();
  },
);

conversationInside(
  'what waits for somebody who is away bears the id under which it is stored [XEP-0359 3.2]',
  onDisk,
  async ({ juliet, romeo }) => {
    await romeo.sends`<presence type='unavailable'/>`;
    await romeo.gets`<presence type='unavailable'/>`;
    await juliet.sends`<message to='${romeo.bare}' type='chat' id='m'><body>Hi</body></message>`;
    await juliet.getsNothing();
    await romeo.sends`<presence/>`;
    await romeo.gets`<presence from='${romeo}'/>`;
    await romeo.gets`<message from='${juliet}' id='m'><body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' by='${romeo.bare}' id='romeo-m'/><delay xmlns='urn:xmpp:delay'/></message>`;
  },
);

/** Commits until that is on disk which waits for a recipient who is gone. */
const SLOWNESS = 40;

/** A message with a subject finds its recipient gone when it is stored, and then the disk slow. */
const hangingUp = defineModule({
  name: 'hanging-up',
  summary: 'Ends sessions while messages for them go to the disk.',
  after: ['offline'],
  setup({ storage: { durability } }) {
    const store = (stanza: Stanza, { plan, isRedelivery }: Incoming) => {
      if (!stanza.has('subject', NS.client)) return undefined;
      const targets = plan?.kind === 'deliver' ? plan.targets : [];
      for (const each of targets) if (each instanceof Session) each.close();
      if (plan?.kind !== 'offline' || !isRedelivery) return undefined;
      return { ticket: durability.latest + SLOWNESS };
    };
    return { flows: { incoming: { message: { store } } } };
  },
});

async function commits({ privateXml, durability }: Storage, owner: string): Promise<void> {
  for (let commit = 0; commit < SLOWNESS; commit++) {
    await durability.whenCommitted(privateXml.put(owner, NS_PRIVATE, `<kept n='${commit}'/>`));
  }
}

conversationInside(
  'what finds its recipient gone is copied before what comes later, and acknowledged when it is on disk [XEP-0280 6.2, XEP-0198 4]',
  { modules: [hangingUp] },
  async ({ juliet: { laptop, phone }, romeo, nurse }, { storage }) => {
    await enableCarbons(phone);
    await enables(laptop);
    await laptop.sends`<message to='${romeo.bare}' type='chat' id='1'><subject>Gone</subject><body>Hi</body></message>`;
    await romeo.getsEnd();
    await nurse.sends`<message to='${phone}' type='chat' id='2'><body>Hi</body></message>`;
    await phone.gets`
      <message><sent xmlns='${CARBONS}'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' id='1'/></forwarded></sent></message>
      <message id='2'/>`;
    await laptop.sends`<message to='${nurse}' type='chat' id='3'><body>Hi</body></message>`;
    await nurse.gets`<message id='3'/>`;
    await phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
    await laptop.sends`${ASK}`;
    await laptop.gets`<a xmlns='${NS_SM}' h='0'/>`;
    await commits(storage, nurse.bare);
    await laptop.gets`<a xmlns='${NS_SM}' h='2'/>`;
    await romeo.returns();
    await romeo.gets`<message id='1'><body>Hi</body><delay xmlns='urn:xmpp:delay'/></message>`;
  },
);

conversationInside(
  'what is asked behind a message that finds its recipient gone is answered when it is on disk [RFC6120 10.1]',
  { modules: [hangingUp] },
  async ({ juliet, romeo, nurse }, { storage }) => {
    await juliet.sends`
      <message to='${romeo.bare}' type='chat' id='1'><subject>Gone</subject><body>Hi</body></message>
      <iq type='get' id='ping' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
    await romeo.getsEnd();
    await nurse.sends`<message to='${juliet}' type='chat' id='2'><body>Hi</body></message>`;
    await juliet.gets`<message id='2'/>`;
    await commits(storage, nurse.bare);
    await juliet.gets`<iq type='result' id='ping'/>`;
  },
);

conversationInside(
  'what finds its recipient gone is copied to those who are there still [XEP-0280 6.1]',
  { modules: [hangingUp], quiet: ['romeo.phone'] },
  async ({ juliet, romeo: { laptop, phone } }, { storage }) => {
    await enableCarbons(phone);
    await juliet.sends`<message to='${phone.bare}' type='chat' id='1'><subject>Gone</subject><body>Hi</body></message>`;
    await laptop.getsEnd();
    await phone.gets`<message><received xmlns='${CARBONS}'/></message>`;
    await commits(storage, juliet.bare);
  },
);
