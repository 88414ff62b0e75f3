import type { Account } from '../../src/server/accounts.ts';
import { defineModule } from '../../src/server/module.ts';
import { NS } from '../../src/xmpp/ns.ts';
import type { Stanza } from '../../src/xmpp/stanza.ts';
import { conversationInside } from '../support/conversation.ts';

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
