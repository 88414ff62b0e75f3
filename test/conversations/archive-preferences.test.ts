import { describe, expect } from '@jest/globals';
import { MAM, readsArchive, stanzaIdsBy } from '../support/archive.ts';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

function preferences(rule: string, always: readonly string[] = [], never: readonly string[] = []) {
  const list = (name: string, jids: readonly string[]) =>
    `<${name}>${jids.map((jid) => `<jid>${jid}</jid>`).join('') || nothing}</${name}>`;
  return `<prefs xmlns='${MAM}' default='${rule}'>${list('always', always)}${list('never', never)}</prefs>`;
}

async function prefers(client: Client, wanted: string): Promise<void> {
  await client.sends`<iq type='set' id='p'>${wanted.replaceAll(String(nothing), '')}</iq>`;
  await client.gets`<iq type='result' id='p' from='${client.bare}'>${wanted}</iq>`;
}

async function says(from: Client, to: Client, body: string): Promise<void> {
  await from.sends`<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`;
  await to.gets`<message id='${body}'/>`;
}

async function kept(client: Client): Promise<readonly string[]> {
  return (await readsArchive(client)).bodies;
}

describe('preferences', () => {
  conversation('are the server’s at first, and last [XEP-0441 2.1]', async ({ juliet, romeo }) => {
    await juliet.sends`<iq type='get' id='p'><prefs xmlns='${MAM}'/></iq>`;
    await juliet.gets`<iq type='result' id='p'>${preferences('always')}</iq>`;
    const wanted = preferences('roster', [romeo.bare], ['montague@montague.lit/home']);
    await prefers(juliet, wanted);
    await juliet.leaves();
    await juliet.returns();
    await juliet.sends`<iq type='get' id='p'><prefs xmlns='${MAM}'/></iq>`;
    await juliet.gets`<iq type='result' id='p'>${wanted}</iq>`;
  });

  conversation('may keep nothing [XEP-0441 2.1.1]', async ({ juliet, romeo }) => {
    await prefers(romeo, preferences('never'));
    await juliet.sends`<message to='${romeo}' id='1'><body>1</body></message>`;
    const message = await romeo.gets`<message id='1'/>`;
    expect(stanzaIdsBy(message, romeo.bare)).toEqual([]);
    await says(romeo, juliet, '2');
    expect(await kept(romeo)).toEqual([]);
    expect(await kept(juliet)).toEqual(['1', '2']);
  });

  conversation(
    'that keep a message out let it wait all the same [XEP-0441 2.1.3]',
    { absent: ['romeo'] },
    async ({ juliet, romeo }) => {
      await romeo.signsIn();
      await prefers(romeo, preferences('always', [], [juliet.bare]));
      await romeo.leaves();
      await juliet.sends`<message to='${romeo.bare}' id='1'><body>1</body></message>`;
      await juliet.getsNothing();
      await romeo.returns();
      await romeo.gets`<message id='1'><body>1</body></message>`;
      expect(await kept(romeo)).toEqual([]);
    },
  );

  conversation(
    'may keep what is said with contacts [XEP-0441 2.1.1, 2.3.1]',
    { friends: [['juliet', 'romeo']] },
    async ({ juliet, romeo, nurse }) => {
      await prefers(romeo, preferences('roster'));
      await says(juliet, romeo, '1');
      await says(nurse, romeo, '2');
      await says(romeo, nurse, '3');
      await says(romeo, juliet, '4');
      await says(romeo, romeo, '5');
      expect(await kept(romeo)).toEqual(['1', '4', '5']);
    },
  );

  conversation(
    'know contacts also while nobody is there [XEP-0441 2.3.1]',
    { friends: [['juliet', 'romeo']], absent: ['nurse'] },
    async ({ juliet, romeo, nurse }) => {
      await nurse.signsIn();
      await prefers(romeo, preferences('roster'));
      await romeo.leaves();
      await juliet.gets`<presence type='unavailable'/>`;
      await juliet.sends`<message to='${romeo.bare}' id='1'><body>1</body></message>`;
      await juliet.getsNothing();
      await nurse.sends`<message to='${romeo.bare}' id='2'><body>2</body></message>`;
      await nurse.getsNothing();
      await romeo.returns();
      await romeo.forgets();
      await juliet.forgets();
      expect(await kept(romeo)).toEqual(['1']);
    },
  );

  conversation(
    'name exceptions: accounts, or one resource of theirs [XEP-0441 2.1.2, 2.1.3, 2.3.1]',
    async ({ juliet: { laptop, phone }, romeo, nurse }) => {
      await prefers(romeo, preferences('never', [laptop.bare], [`${phone}`]));
      await says(laptop, romeo, '1');
      await says(phone, romeo, '2');
      await says(nurse, romeo, '3');
      await says(romeo, laptop, '4');
      await says(romeo, phone, '5');
      expect(await kept(romeo)).toEqual(['1', '4']);
      await prefers(romeo, preferences('always', [`${phone}`], [phone.bare]));
      await says(laptop, romeo, '6');
      await says(phone, romeo, '7');
      await says(nurse, romeo, '8');
      expect(await kept(romeo)).toEqual(['1', '4', '7', '8']);
    },
  );

  conversation(
    'come back as they apply: prepared, each once [XEP-0441 2.1]',
    async ({ juliet }) => {
      await juliet.sends`
        <iq type='set' id='p'>
          <prefs xmlns='${MAM}' default='always'>
            <never><jid>ROMEO@Localhost</jid><jid>romeo@localhost</jid></never>
          </prefs>
        </iq>`;
      await juliet.gets`<iq type='result' id='p'>${preferences('always', [], ['romeo@localhost'])}</iq>`;
      expect(juliet.lastText.match(/<jid>/g)).toHaveLength(1);
    },
  );

  const wrong: readonly [string, string, string, string][] = [
    ['without a default', `<prefs xmlns='${MAM}'/>`, 'bad-request', 'modify'],
    ['with an unknown default', `<prefs xmlns='${MAM}' default='maybe'/>`, 'bad-request', 'modify'],
    [
      'with what is no address',
      `<prefs xmlns='${MAM}' default='never'><always><jid>@</jid></always></prefs>`,
      'bad-request',
      'modify',
    ],
    [
      'with more than a thousand addresses',
      `<prefs xmlns='${MAM}' default='never'><always>${Array.from({ length: 1001 }, (_, at) => `<jid>${at}@a</jid>`).join('')}</always></prefs>`,
      'resource-constraint',
      'wait',
    ],
  ];
  for (const [what, request, condition, type] of wrong) {
    conversation(`${what} are refused, and nothing changes [XEP-0441 2.1]`, async ({ juliet }) => {
      await juliet.sends`<iq type='set' id='p'>${request}</iq>`;
      await juliet.gets`
        <iq type='error' id='p'>
          <error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>
        </iq>`;
      await juliet.sends`<iq type='get' id='p'><prefs xmlns='${MAM}'/></iq>`;
      await juliet.gets`<iq type='result' id='p'>${preferences('always')}</iq>`;
    });
  }

  conversationInside(
    'are the operator’s where the account has none, also after a reload [XEP-0441 2.1.1]',
    { config: { modules: { archive: { default: 'never' } } } },
    async ({ juliet, romeo }, server) => {
      await says(juliet, romeo, '1');
      await prefers(juliet, preferences('always'));
      await says(juliet, romeo, '2');
      server.useSettings({ modules: { archive: { default: 'always' } } });
      await says(juliet, romeo, '3');
      expect(await kept(juliet)).toEqual(['2', '3']);
      expect(await kept(romeo)).toEqual(['3']);
    },
  );
});
