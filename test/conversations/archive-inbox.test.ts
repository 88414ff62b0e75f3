import { describe, expect } from '@jest/globals';
import type { Element } from 'ltx';
import type { Client } from '../support/client.ts';
import { conversation } from '../support/conversation.ts';

const INBOX = 'urn:xmpp:inbox:1';
const MAM = 'urn:xmpp:mam:2';
const RSM = 'http://jabber.org/protocol/rsm';
const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

interface Shown {
  readonly jid: string;
  readonly unread: string;
  readonly id: string;
  /** Of the newest message; null where it is left out. */
  readonly body: string | null;
}

/** Asks for the list, and reads all of it. */
async function readsInbox(client: Client, attributes = '', set = '') {
  await client.sends`<iq type='get' id='i' to='${client.bare}'><inbox xmlns='${INBOX}'${attributes}>${set}</inbox></iq>`;
  const shown: Shown[] = [];
  for (;;) {
    const stanza = await client.getsEither`
      <message from='${client.bare}' to='${client}'><entry xmlns='${INBOX}'/></message>
      <iq type='result' id='i'><fin xmlns='${INBOX}'/></iq>`;
    const fin = stanza.getChild('fin', INBOX);
    if (fin) return { shown, fin };
    shown.push(shownBy(stanza));
  }
}

function shownBy(stanza: Element): Shown {
  const { jid = '', unread = '', id = '' } = stanza.getChild('entry', INBOX)!.attrs;
  const result = stanza.getChild('result', MAM);
  const message = result
    ?.getChild('forwarded', 'urn:xmpp:forward:0')
    ?.getChild('message', 'jabber:client');
  if (result) expect(result.attrs).toMatchObject({ queryid: 'i', id });
  return { jid, unread, id, body: message?.getChildText('body') ?? null };
}

async function says(from: Client, to: Client, body: string): Promise<void> {
  await from.sends`<message to='${to.bare}' type='chat' id='${body}'><body>${body}</body></message>`;
  await to.gets`<message from='${from}' id='${body}'/>`;
}

describe('the inbox', () => {
  conversation(
    'lists conversations, the newest first, with what is new in them [XEP-0430 4]',
    async ({ juliet, nurse, romeo }) => {
      await says(nurse, juliet, 'Come in');
      await says(romeo, juliet, 'Hark');
      await says(romeo, juliet, 'Hello');
      const { shown, fin } = await readsInbox(juliet);
      expect(shown).toMatchObject([
        { jid: romeo.bare, unread: '2', body: 'Hello' },
        { jid: nurse.bare, unread: '1', body: 'Come in' },
      ]);
      expect(fin.attrs).toMatchObject({ total: '2', unread: '2', 'all-unread': '3' });
      const { shown: sent } = await readsInbox(romeo);
      expect(sent).toMatchObject([{ jid: juliet.bare, unread: '0', body: 'Hello' }]);
    },
  );

  conversation(
    'counts as read what is answered, and what a marker shows [XEP-0430 5] [XEP-0333]',
    async ({ juliet, nurse, romeo }) => {
      for (const body of ['1', '2', '3']) await says(romeo, juliet, body);
      await says(nurse, juliet, 'Come in');
      await juliet.sends`<message to='${romeo.bare}' type='chat' id='m'><displayed xmlns='urn:xmpp:chat-markers:0' id='2'/></message>`;
      await romeo.gets`<message id='m'/>`;
      expect((await readsInbox(juliet)).shown).toMatchObject([
        { jid: romeo.bare, unread: '1' },
        { jid: nurse.bare, unread: '1' },
      ]);
      await says(juliet, nurse, 'Anon');
      const { shown, fin } = await readsInbox(juliet, " unread-only='true'");
      expect(shown).toMatchObject([{ jid: romeo.bare, unread: '1' }]);
      expect(fin.attrs).toMatchObject({ total: '2', unread: '1', 'all-unread': '1' });
    },
  );

  conversation(
    'leaves messages out for who wants none, and comes in pages [XEP-0430 4] [XEP-0059 2]',
    async ({ juliet, nurse, romeo, tybalt }) => {
      for (const client of [nurse, romeo, tybalt]) await says(client, juliet, 'Hello');
      const none = " messages='false'";
      const page = (inside: string) => `<set xmlns='${RSM}'>${inside}</set>`;
      const first = await readsInbox(juliet, none, page('<max>2</max>'));
      expect(first.shown).toMatchObject([
        { jid: tybalt.bare, body: null },
        { jid: romeo.bare, body: null },
      ]);
      const last = first.shown[1]!.id;
      const set = first.fin.getChild('set', RSM)!;
      expect(set.getChildText('last')).toBe(last);
      expect(set.getChildText('count')).toBe('3');
      const { shown } = await readsInbox(juliet, none, page(`<max>2</max><after>${last}</after>`));
      expect(shown).toMatchObject([{ jid: nurse.bare }]);
      const before = page(`<max>1</max><before>${last}</before>`);
      expect((await readsInbox(juliet, none, before)).shown).toMatchObject([{ jid: tybalt.bare }]);
      const end = await readsInbox(juliet, none, page('<max>1</max><before/>'));
      expect(end.shown).toMatchObject([{ jid: nurse.bare }]);
      const empty = await readsInbox(juliet, none, page('<max>0</max>'));
      expect(empty.shown).toEqual([]);
    },
  );

  conversation('is nobody else’s, and takes no ids of others', async ({ juliet, romeo }) => {
    await says(romeo, juliet, 'Hello');
    const { shown } = await readsInbox(juliet);
    await romeo.sends`<iq type='get' id='i' to='${juliet.bare}'><inbox xmlns='${INBOX}'/></iq>`;
    await romeo.gets`<iq type='error' id='i'><error type='auth'><forbidden xmlns='${STANZA_ERRORS}'/></error></iq>`;
    for (const id of [shown[0]!.id, 'nonsense']) {
      await romeo.sends`<iq type='get' id='i'><inbox xmlns='${INBOX}'><set xmlns='${RSM}'><after>${id}</after></set></inbox></iq>`;
      await romeo.gets`<iq type='error' id='i'><error type='cancel'><item-not-found xmlns='${STANZA_ERRORS}'/></error></iq>`;
    }
    await romeo.sends`<iq type='get' id='i'><inbox xmlns='${INBOX}' unread-only='perhaps'/></iq>`;
    await romeo.gets`<iq type='error' id='i'><error type='modify'><bad-request xmlns='${STANZA_ERRORS}'/></error></iq>`;
    await juliet.getsNothing();
  });
});
