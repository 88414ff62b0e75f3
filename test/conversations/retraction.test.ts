import { describe, expect } from '@jest/globals';
import { readsArchive } from '../support/archive.ts';
import type { Client } from '../support/client.ts';
import { conversation } from '../support/conversation.ts';

const RETRACTION = 'urn:xmpp:message-retract:1';
const FULL_TEXT = '{urn:xmpp:fulltext:0}fulltext';
const DISCO = 'http://jabber.org/protocol/disco#info';

async function says(from: Client, to: Client, id: string, body: string): Promise<void> {
  await from.sends`<message to='${to.bare}' type='chat' id='${id}'><body>${body}</body></message>`;
  await to.gets`<message from='${from}' id='${id}'/>`;
}

async function retracts(from: Client, to: Client, id: string, as = `retract-${id}`): Promise<void> {
  await from.sends`
    <message type='chat' to='${to.bare}' id='${as}'>
      <retract id='${id}' xmlns='${RETRACTION}'/>
      <fallback xmlns='urn:xmpp:fallback:0' for='${RETRACTION}'/>
      <body>/me retracted a previous message, but it's unsupported by your client.</body>
      <store xmlns='urn:xmpp:hints'/>
    </message>`;
  await to.gets`<message from='${from}' id='${as}'><retract id='${id}' xmlns='${RETRACTION}'/></message>`;
}

/** What both find when they look into their archives. */
async function bothRead(juliet: Client, romeo: Client): Promise<string> {
  // The author's requests stand behind the retraction, and everybody's behind its ticket.
  const hers = (await readsArchive(juliet)).results.map(messageIn);
  const his = (await readsArchive(romeo)).results.map(messageIn);
  expect(his).toEqual(hers);
  return hers.join('\n');
}

function messageIn(result: Awaited<ReturnType<typeof readsArchive>>['results'][number]): string {
  return String(result.getChild('forwarded', 'urn:xmpp:forward:0')?.getChild('message'));
}

describe('a retraction', () => {
  conversation('is announced [XEP-0424 2, 4]', async ({ juliet }, server) => {
    const announced = [
      [String(server), RETRACTION],
      [juliet.bare, RETRACTION],
      [juliet.bare, `${RETRACTION}#tombstone`],
    ] as const;
    for (const [to, feature] of announced) {
      await juliet.sends`<iq type='get' id='d' to='${to}'><query xmlns='${DISCO}'/></iq>`;
      await juliet.gets`<iq type='result' id='d'><query xmlns='${DISCO}'/></iq>`;
      expect(juliet.lastText.replaceAll("'", '"')).toContain(`"${feature}"`);
    }
  });

  conversation(
    'leaves a tombstone in both archives, and stays itself [XEP-0424 4, 5]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, 'wrong-recipient-1', 'Have not saints lips?');
      await retracts(juliet, romeo, 'wrong-recipient-1', 'retract-message-1');
      const archived = await bothRead(juliet, romeo);
      expect(archived).not.toContain('saints');
      expect(archived).toMatch(
        /id="wrong-recipient-1"[^>]*><retracted xmlns="urn:xmpp:message-retract:1" id="retract-message-1" stamp="[^"]+"\/>/,
      );
      expect(archived).toContain('<retract id="wrong-recipient-1"');
    },
  );

  conversation(
    'is found no more, neither by words nor in the list of conversations [XEP-0431 3]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, 'm', 'Have not saints lips?');
      await retracts(juliet, romeo, 'm');
      for (const client of [juliet, romeo]) {
        await bothRead(juliet, romeo);
        const { results } = await readsArchive(client, { fields: { [FULL_TEXT]: 'saints' } });
        expect(results).toEqual([]);
      }
    },
  );

  conversation(
    'is for its author alone, and for the newest of that id [XEP-0424 5]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, 'm', 'first');
      await says(juliet, romeo, 'm', 'second');
      await retracts(romeo, juliet, 'm', 'forged');
      let archived = await bothRead(juliet, romeo);
      expect(archived).not.toContain('retracted xmlns');
      await retracts(juliet, romeo, 'm');
      archived = await bothRead(juliet, romeo);
      expect(archived).toContain('<body>first</body>');
      expect(archived).not.toContain('<body>second</body>');
    },
  );

  conversation('of itself, and of what is none, does nothing', async ({ juliet, romeo }) => {
    await says(juliet, romeo, 'm', 'Hello');
    await retracts(juliet, romeo, 'self', 'self');
    await retracts(juliet, romeo, 'never');
    await juliet.sends`<message type='error' to='${romeo}' id='e'><retract id='m' xmlns='${RETRACTION}'/></message>`;
    await romeo.gets`<message type='error' id='e'/>`;
    expect(await bothRead(juliet, romeo)).not.toContain('retracted xmlns');
  });
});

describe('the search', () => {
  conversation('finds what was said, in every language [XEP-0431 3]', async ({ juliet, romeo }) => {
    for (const [at, body] of ['A rose', '他说你好吗', 'Любовь', 'a name'].entries()) {
      await says(juliet, romeo, String(at), body);
    }
    const finds = async (client: Client, text: string) =>
      (await readsArchive(client, { fields: { [FULL_TEXT]: text } })).bodies;
    expect(await finds(romeo, 'ROSE')).toEqual(['A rose']);
    expect(await finds(juliet, '你好')).toEqual(['他说你好吗']);
    expect(await finds(juliet, 'любовь')).toEqual(['Любовь']);
    expect(await finds(juliet, 'rose name')).toEqual([]);
    expect(await finds(juliet, '&quot;a rose')).toEqual(['A rose']);
  });
});
