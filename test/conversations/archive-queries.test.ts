import { describe, expect } from '@jest/globals';
import { archiveQuery, MAM, readsArchive, type Wanted } from '../support/archive.ts';
import type { Client } from '../support/client.ts';
import { conversation, conversationInside, nothing } from '../support/conversation.ts';

const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const FORMS = 'jabber:x:data';
const RSM = 'http://jabber.org/protocol/rsm';

async function says(from: Client, to: Client, ...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    await from.sends`<message to='${to}' type='chat' id='${body}'><body>${body}</body></message>`;
    await to.gets`<message id='${body}'/>`;
  }
}

async function hearsError(client: Client, condition: string, type: string): Promise<void> {
  await client.gets`
    <iq type='error' id='q'>
      <error type='${type}'><${condition} xmlns='${STANZA_ERRORS}'/></error>
    </iq>`;
}

async function asksInVain(
  client: Client,
  wanted: Wanted,
  condition: string,
  type = 'modify',
): Promise<void> {
  await client.sends`${archiveQuery(wanted)}`;
  await hearsError(client, condition, type);
}

const NUMBERS = ['1', '2', '3', '4', '5', '6', '7'];

describe('a query', () => {
  conversation('can be for one contact [XEP-0313 4.1.1]', async ({ juliet, romeo, nurse }) => {
    await says(juliet, romeo, '1');
    await says(nurse, juliet, '2');
    await says(romeo, juliet, '3');
    const bodies = async (peer: string) =>
      (await readsArchive(juliet, { fields: { with: peer } })).bodies;
    expect(await bodies(romeo.bare)).toEqual(['1', '3']);
    expect(await bodies(romeo.bare.toUpperCase())).toEqual(['1', '3']);
    expect(await bodies(`${nurse}`)).toEqual(['2']);
    expect(await bodies(`${nurse.bare}/elsewhere`)).toEqual([]);
    expect(await bodies('nobody@elsewhere.example')).toEqual([]);
    expect(await bodies('')).toEqual(['1', '2', '3']);
  });

  conversation(
    'with oneself is for what one has said to oneself [XEP-0313 4.1.1]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, '1');
      await says(juliet, juliet, '2');
      const { bodies } = await readsArchive(juliet, { fields: { with: juliet.bare } });
      expect(bodies).toEqual(['2']);
    },
  );

  conversationInside(
    'can be for a span of time, both ends in it [XEP-0313 4.1.2]',
    {},
    async ({ juliet, romeo }, { clock }) => {
      const times: string[] = [];
      for (const body of ['1', '2', '3']) {
        times.push(new Date(clock.now()).toISOString());
        await says(juliet, romeo, body);
        clock.advance(1000);
      }
      const bodies = async (fields: Wanted['fields'] & object) =>
        (await readsArchive(juliet, { fields })).bodies;
      expect(await bodies({ start: times[1]! })).toEqual(['2', '3']);
      expect(await bodies({ end: times[1]! })).toEqual(['1', '2']);
      expect(await bodies({ start: times[1]!, end: times[1]! })).toEqual(['2']);
      expect(await bodies({ start: times[1]!.replace('Z', '+00:00') })).toEqual(['2', '3']);
      expect(await bodies({ start: times[2]!, end: times[0]! })).toEqual([]);
      expect(await bodies({ start: '0001-01-01T00:00:00Z' })).toEqual(['1', '2', '3']);
      expect(await bodies({ start: '9999-12-31T23:59:59.999Z' })).toEqual([]);
      expect(await bodies({ end: '9999-12-31T23:59:59.999Z' })).toEqual(['1', '2', '3']);
      expect(await bodies({ end: '0001-01-01T00:00:00Z' })).toEqual([]);
    },
  );

  conversation(
    'can be for what is between messages, or for some alone [XEP-0313 4.1.3]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, ...NUMBERS);
      const { ids } = await readsArchive(juliet);
      const bodies = async (fields: Wanted['fields'] & object) =>
        (await readsArchive(juliet, { fields })).bodies;
      expect(await bodies({ 'after-id': ids[4]! })).toEqual(['6', '7']);
      expect(await bodies({ 'before-id': ids[1]! })).toEqual(['1']);
      expect(await bodies({ 'after-id': ids[1]!, 'before-id': ids[4]! })).toEqual(['3', '4']);
      expect(await bodies({ ids: [ids[5]!, ids[0]!, ids[5]!] })).toEqual(['1', '6']);
      const page = await readsArchive(juliet, {
        fields: { 'before-id': ids[6]! },
        page: '<max>2</max>',
      });
      expect(page.bodies).toEqual(['1', '2']);
      expect(page.isComplete).toBe(false);
    },
  );

  conversation(
    'for a message that is not there fails [XEP-0313 4.1.3, 4.3.2]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, '1');
      const { ids: his } = await readsArchive(romeo);
      const known = (await readsArchive(juliet)).ids[0]!;
      const wrong = known.slice(0, -2) + (known.endsWith('A') ? 'QQ' : 'AA');
      for (const id of [his[0]!, wrong, 'x', '4'.repeat(22), 'x'.repeat(5000), '%00']) {
        const queries: Wanted[] = [
          { fields: { 'after-id': id } },
          { fields: { 'before-id': id } },
          { fields: { ids: [known, id] } },
          { page: `<after>${id}</after>` },
          { page: `<before>${id}</before>` },
        ];
        for (const wanted of queries) {
          await asksInVain(juliet, wanted, 'item-not-found', 'cancel');
        }
      }
    },
  );

  conversation(
    'may leave messages of rooms out, or not: there are none [XEP-0313 4.1.4]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, '1');
      for (const value of ['true', 'false', '1', '0']) {
        const { bodies } = await readsArchive(juliet, { fields: { 'include-groupchat': value } });
        expect(bodies).toEqual(['1']);
      }
    },
  );

  conversation('has a form, which says what can be asked [XEP-0313 4.1.5]', async ({ juliet }) => {
    await juliet.sends`<iq type='get' id='f'><query xmlns='${MAM}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='f'>
        <query xmlns='${MAM}'>
          <x xmlns='${FORMS}' type='form'>
            <field type='hidden' var='FORM_TYPE'><value>${MAM}</value></field>
            <field type='jid-single' var='with'/>
            <field type='text-single' var='start'/>
            <field type='text-single' var='end'/>
            <field type='text-single' var='before-id'/>
            <field type='text-single' var='after-id'/>
            <field type='list-multi' var='ids'>
              <validate xmlns='http://jabber.org/protocol/xdata-validate' datatype='xs:string'><open/></validate>
            </field>
            <field type='boolean' var='include-groupchat'/>
          </x>
        </query>
      </iq>`;
    expect(juliet.lastText).not.toMatch(/required|option/);
  });

  conversation('with a field that is not known fails [XEP-0313 4.1.5]', async ({ juliet }) => {
    await asksInVain(
      juliet,
      { fields: { '{http://example.com/}free-text-search': 'love' } },
      'feature-not-implemented',
      'cancel',
    );
    await asksInVain(juliet, { fields: { stanza: 'x' } }, 'feature-not-implemented', 'cancel');
  });

  const wrongForms: readonly [string, string][] = [
    [
      'of another type',
      `<x xmlns='${FORMS}' type='result'><field var='FORM_TYPE'><value>${MAM}</value></field></x>`,
    ],
    [
      'without a type',
      `<x xmlns='${FORMS}'><field var='FORM_TYPE'><value>${MAM}</value></field></x>`,
    ],
    ['called off', `<x xmlns='${FORMS}' type='cancel'/>`],
    [
      'of something else',
      `<x xmlns='${FORMS}' type='submit'><field var='FORM_TYPE'><value>urn:example:x</value></field></x>`,
    ],
    [
      'of nobody knows what',
      `<x xmlns='${FORMS}' type='submit'><field var='with'><value>a@b</value></field></x>`,
    ],
    [
      'with a field that has no name',
      `<x xmlns='${FORMS}' type='submit'><field><value>1</value></field></x>`,
    ],
    [
      'with a field twice',
      `<x xmlns='${FORMS}' type='submit'><field var='FORM_TYPE'><value>${MAM}</value></field><field var='with'><value>a@b</value></field><field var='with'><value>c@d</value></field></x>`,
    ],
    [
      'with too many values',
      `<x xmlns='${FORMS}' type='submit'><field var='ids'>${'<value>1</value>'.repeat(513)}</field></x>`,
    ],
  ];
  for (const [what, form] of wrongForms) {
    conversation(`with a form ${what} fails [XEP-0313 4.1]`, async ({ juliet }) => {
      await asksInVain(juliet, { more: form }, 'bad-request');
    });
  }

  for (const [name, value] of [
    ['with', '@'],
    ['start', 'yesterday'],
    ['end', '2010-13-07T00:00:00Z'],
    ['start', '1469-07-21'],
    ['include-groupchat', 'maybe'],
  ] as const) {
    conversation(
      `with the ${name} '${value}' fails [XEP-0313 4.1, XEP-0004 4]`,
      async ({ juliet }) => {
        await asksInVain(juliet, { fields: { [name]: value } }, 'not-acceptable');
      },
    );
  }

  conversation('names itself, within bounds [XEP-0313 4]', async ({ juliet, romeo }) => {
    await says(juliet, romeo, '1');
    const named = await readsArchive(juliet, { queryId: '&lt;&quot;f27&apos;' });
    expect(named.results[0]!.attrs.queryid).toBe(`<"f27'`);
    const nameless = await readsArchive(juliet);
    expect(nameless.results[0]!.attrs.queryid).toBeUndefined();
    await asksInVain(juliet, { queryId: 'x'.repeat(257) }, 'bad-request');
  });

  conversation('for a node finds none [XEP-0313 6.1.3]', async ({ juliet }) => {
    await juliet.sends`<iq type='set' id='q'><query xmlns='${MAM}' node='x'/></iq>`;
    await hearsError(juliet, 'feature-not-implemented', 'cancel');
  });

  conversation(
    'comes behind what the session has sent before [XEP-0313 3.1]',
    async ({ juliet, romeo }) => {
      const messages = NUMBERS.map(
        (id) => `<message to='${romeo}' id='${id}'><body>${id}</body></message>`,
      );
      await juliet.sends`${messages.join('')}${archiveQuery({ page: '<max>0</max>' })}${archiveQuery({ page: '<max>0</max>' })}`;
      for (let round = 0; round < 2; round++) {
        await juliet.gets`
          <iq type='result' id='q'><fin xmlns='${MAM}'><set xmlns='${RSM}'><count>7</count></set></fin></iq>`;
      }
      for (const id of NUMBERS) await romeo.gets`<message id='${id}'/>`;
    },
  );
});

describe('pages', () => {
  conversation('go forward [XEP-0059 2.2, XEP-0313 4.3.2]', async ({ juliet, romeo }) => {
    await says(juliet, romeo, ...NUMBERS);
    const { ids } = await readsArchive(juliet);
    const first = await readsArchive(juliet, { page: '<max>3</max>' });
    expect(first.bodies).toEqual(['1', '2', '3']);
    expect(first.page).toEqual({ first: ids[0], last: ids[2], count: '7', index: '0' });
    expect(first.isComplete).toBe(false);
    const second = await readsArchive(juliet, { page: `<max>3</max><after>${ids[2]}</after>` });
    expect(second.bodies).toEqual(['4', '5', '6']);
    expect(second.isComplete).toBe(false);
    const third = await readsArchive(juliet, { page: `<max>3</max><after>${ids[5]}</after>` });
    expect(third.bodies).toEqual(['7']);
    expect(third.page).toMatchObject({ first: ids[6], last: ids[6], count: '7' });
    expect(third.isComplete).toBe(true);
    const beyond = await readsArchive(juliet, { page: `<max>3</max><after>${ids[6]}</after>` });
    expect(beyond.bodies).toEqual([]);
    expect(beyond.page).toMatchObject({ first: null, last: null, count: '7' });
    expect(beyond.isComplete).toBe(true);
  });

  conversation(
    'go back from the last [XEP-0059 2.3, 2.5, XEP-0313 4.3.3]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, ...NUMBERS);
      const { ids } = await readsArchive(juliet);
      const last = await readsArchive(juliet, { page: '<max>3</max><before/>' });
      expect(last.bodies).toEqual(['5', '6', '7']);
      expect(last.page).toEqual({ first: ids[4], last: ids[6], count: '7', index: '4' });
      expect(last.isComplete).toBe(false);
      const first = await readsArchive(juliet, { page: `<max>9</max><before>${ids[4]}</before>` });
      expect(first.bodies).toEqual(['1', '2', '3', '4']);
      expect(first.page).toMatchObject({ index: '0' });
      expect(first.isComplete).toBe(true);
      const all = await readsArchive(juliet, { page: '<before/>' });
      expect(all.bodies).toEqual(NUMBERS);
      expect(all.isComplete).toBe(true);
    },
  );

  conversation(
    'may be flipped, which changes their order alone [XEP-0313 4.3.4]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, ...NUMBERS);
      const plain = await readsArchive(juliet, { page: '<max>3</max><before/>' });
      const flipped = await readsArchive(juliet, {
        page: '<max>3</max><before/>',
        more: '<flip-page/>',
      });
      expect(flipped.bodies).toEqual(['7', '6', '5']);
      expect(flipped.page).toEqual(plain.page);
      expect(flipped.isComplete).toBe(false);
    },
  );

  conversation('may be empty, for the count [XEP-0059 2.7]', async ({ juliet, romeo, nurse }) => {
    await says(juliet, romeo, '1', '2', '3');
    await says(juliet, nurse, '4');
    const all = await readsArchive(juliet, { page: '<max>0</max>' });
    expect(all.results).toEqual([]);
    expect(all.page).toEqual({ first: null, last: null, count: '4', index: null });
    expect(all.isComplete).toBe(false);
    const his = await readsArchive(juliet, { fields: { with: romeo.bare }, page: '<max>0</max>' });
    expect(his.page.count).toBe('3');
  });

  conversation('have no index to be asked by [XEP-0059 2.6]', async ({ juliet }) => {
    await asksInVain(
      juliet,
      { page: '<max>1</max><index>3</index>' },
      'feature-not-implemented',
      'cancel',
    );
  });

  for (const max of ['-1', 'many', '1.5', '']) {
    conversation(`of '${max}' messages are none [XEP-0059 2.1]`, async ({ juliet }) => {
      await asksInVain(juliet, { page: `<max>${max}</max>` }, 'bad-request');
    });
  }

  conversation(
    'have at most as many messages as the server wants [XEP-0313 4.3.1]',
    { config: { modules: { archive: { maxPage: 3 } } } },
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, ...NUMBERS);
      for (const page of ['<max>1000</max>', `<max>${'9'.repeat(400)}</max>`, undefined]) {
        const { bodies, isComplete } = await readsArchive(juliet, page ? { page } : {});
        expect(bodies).toEqual(['1', '2', '3']);
        expect(isComplete).toBe(false);
      }
    },
  );

  conversation(
    'have at most as many bytes as the server wants, and one message [XEP-0313 4.3.1]',
    { config: { modules: { archive: { maxPageBytes: '1 KiB' } } } },
    async ({ juliet, romeo }) => {
      const long = (letter: string) => letter.repeat(400);
      const bodies = [long('a'), long('b'), long('c'), 'é'.repeat(2000)];
      await says(juliet, romeo, ...bodies);
      const forward = await readsArchive(juliet);
      expect(forward.bodies).toEqual([bodies[0]]);
      expect(forward.page).toMatchObject({
        first: forward.ids[0],
        last: forward.ids[0],
        index: '0',
      });
      expect(forward.isComplete).toBe(false);
      const back = await readsArchive(juliet, { page: '<before/>' });
      expect(back.bodies).toEqual([bodies[3]]);
      expect(back.page).toMatchObject({ last: back.ids[0], count: '4', index: '3' });
      expect(back.isComplete).toBe(false);
    },
  );

  conversation(
    'that are asked for all at once come one behind the other [XEP-0313 4]',
    async ({ juliet, romeo }) => {
      await says(juliet, romeo, '1', '2');
      const rounds = 50;
      await juliet.sends`${archiveQuery({ page: '<max>1</max>' }).repeat(rounds)}`;
      for (let round = 0; round < rounds; round++) {
        await juliet.gets`<message><result xmlns='${MAM}'/></message>`;
        await juliet.gets`<iq type='result' id='q'/>`;
      }
    },
  );
});

describe('metadata', () => {
  conversation('say where the archive begins and ends [XEP-0313 5]', async ({ juliet, romeo }) => {
    await juliet.sends`<iq type='get' id='m'><metadata xmlns='${MAM}'/></iq>`;
    await juliet.gets`<iq type='result' id='m'><metadata xmlns='${MAM}'>${nothing}</metadata></iq>`;
    await says(juliet, romeo, '1', '2', '3');
    const { ids, results } = await readsArchive(juliet);
    const [first, last] = [results.at(0)!, results.at(-1)!].map(
      (result) => result.getChild('forwarded')!.getChild('delay')!.attrs.stamp,
    );
    await juliet.sends`<iq type='get' id='m'><metadata xmlns='${MAM}'/></iq>`;
    await juliet.gets`
      <iq type='result' id='m'>
        <metadata xmlns='${MAM}'>
          <start id='${ids[0]!}' timestamp='${first}'/>
          <end id='${ids[2]!}' timestamp='${last}'/>
        </metadata>
      </iq>`;
  });
});
