import { describe, expect } from '@jest/globals';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const ROSTER = 'jabber:iq:roster';
const VERSIONS = 'urn:xmpp:features:rosterver';

/** Asks for the whole roster as one who knows nothing yet; the version it has. */
async function learns(client: Client): Promise<string> {
  await client.sends`<iq type='get' id='all'><query xmlns='${ROSTER}' ver=''/></iq>`;
  const answer = await client.gets`<iq type='result' id='all'><query xmlns='${ROSTER}'/></iq>`;
  return String(answer.getChild('query')!.attrs.ver);
}

/** Sets an item, and gets the answer and, being interested, the push. */
async function sets(client: Client, item: string): Promise<string> {
  await client.sends`<iq type='set' id='set'><query xmlns='${ROSTER}'>${item}</query></iq>`;
  const heard = [];
  for (let n = 0; n < 2; n++) {
    heard.push(
      await client.getsEither`
        <iq type='set'><query xmlns='${ROSTER}'/></iq>
        <iq type='result' id='set'>${nothing}</iq>`,
    );
  }
  const push = heard.find(({ attrs }) => attrs.type === 'set');
  return String(push?.getChild('query')?.attrs.ver);
}

/** Comes back and asks for what is new since a version. */
async function asksSince(client: Client, version: string): Promise<void> {
  await client.leaves();
  await client.returns({ quietly: true });
  await client.sends`<iq type='get' id='new'><query xmlns='${ROSTER}' ver='${version}'/></iq>`;
}

const UNCHANGED = `<iq type='result' id='new'>${nothing}</iq>`;

function pushOf(item: string): string {
  return `<iq type='set'><query xmlns='${ROSTER}'>${item}</query></iq>`;
}

describe('versions of the roster', () => {
  conversation('are offered with the stream features [RFC6121 2.6.1]', async ({ juliet }) => {
    await juliet.exists();
    expect(juliet.features.replaceAll("'", '"')).toContain(`<ver xmlns="${VERSIONS}"/>`);
  });

  conversation('are not told to who does not ask [RFC6121 2.1.1.1]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='1'><query xmlns='${ROSTER}'/></iq>`;
    await juliet.gets`<iq type='result' id='1'><query xmlns='${ROSTER}' ver='${nothing}'/></iq>`;
  });

  conversation('of which nothing is new need no roster [RFC6121 2.6.3]', async ({ juliet }) => {
    await learns(juliet);
    const version = await sets(juliet, "<item jid='nurse@example.com'/>");
    await asksSince(juliet, version);
    await juliet.gets`${UNCHANGED}`;
    await juliet.getsNothing();
  });

  conversation(
    'bring only what is new, oldest first, behind the result [RFC6121 2.6.3]',
    async ({ juliet }) => {
      await learns(juliet);
      await sets(juliet, "<item jid='friar@example.com' name='Friar'/>");
      await sets(juliet, "<item jid='paris@example.com'/>");
      const known = await sets(juliet, "<item jid='nurse@example.com'/>");
      const renamed = await sets(juliet, "<item jid='friar@example.com' name='Laurence'/>");
      const removed = await sets(juliet, "<item jid='paris@example.com' subscription='remove'/>");
      expect(Number(renamed)).toBeGreaterThan(Number(known));
      expect(Number(removed)).toBeGreaterThan(Number(renamed));
      await asksSince(juliet, known);
      await juliet.gets`
      ${UNCHANGED}
      ${pushOf("<item jid='friar@example.com' name='Laurence'/>")}
      ${pushOf("<item jid='paris@example.com' subscription='remove'/>")}`;
      await juliet.getsNothing();
    },
  );

  conversation('forget a removal that has been undone [RFC6121 2.6.3]', async ({ juliet }) => {
    await learns(juliet);
    const known = await sets(juliet, "<item jid='paris@example.com'/>");
    await sets(juliet, "<item jid='paris@example.com' subscription='remove'/>");
    await sets(juliet, "<item jid='paris@example.com' name='Again'/>");
    await asksSince(juliet, known);
    await juliet.gets`${UNCHANGED}${pushOf("<item jid='paris@example.com' name='Again'/>")}`;
    await juliet.getsNothing();
  });

  for (const strange of ['999999999999999', 'abc', '-5', '1e3', '1'.repeat(400)]) {
    conversation(
      `that were never ours bring the whole roster: ${strange.slice(0, 15)} [RFC6121 2.6.3]`,
      async ({ juliet }) => {
        await learns(juliet);
        await sets(juliet, "<item jid='nurse@example.com'/>");
        await asksSince(juliet, strange);
        await juliet.gets`
          <iq type='result' id='new'>
            <query xmlns='${ROSTER}'><item jid='nurse@example.com'/></query>
          </iq>`;
      },
    );
  }

  conversation('tell what contacts did meanwhile [RFC6121 2.6.2]', async ({ juliet, romeo }) => {
    await learns(juliet);
    await juliet.sends`<presence type='subscribe' to='${romeo.bare}'/>`;
    const push = await juliet.gets`${pushOf(`<item jid='${romeo.bare}' ask='subscribe'/>`)}`;
    await romeo.gets`<presence type='subscribe' from='${juliet.bare}'/>`;
    await juliet.leaves();
    await romeo.sends`<presence type='subscribed' to='${juliet.bare}'/>`;
    await romeo.getsNothing();
    await juliet.returns({ quietly: true });
    const known = String(push.getChild('query')!.attrs.ver);
    await juliet.sends`<iq type='get' id='new'><query xmlns='${ROSTER}' ver='${known}'/></iq>`;
    await juliet.gets`${UNCHANGED}${pushOf(`<item jid='${romeo.bare}' subscription='to'/>`)}`;
  });

  conversationInside(
    'outlive the server’s memory [RFC6121 2.6.2]',
    {},
    async ({ juliet }, server) => {
      await learns(juliet);
      const known = await sets(juliet, "<item jid='nurse@example.com'/>");
      const later = await sets(juliet, "<item jid='friar@example.com'/>");
      const record = await server.storage.rosters.load(juliet.bare);
      expect(record.items.map(({ version }) => String(version))).toEqual([later, known]);
    },
  );
});
