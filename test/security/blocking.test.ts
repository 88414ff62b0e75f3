import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testAttacks } from './support/attack.ts';
import type { Attacker } from './support/attacker.ts';
import { Fortress } from './support/fortress.ts';

const BLOCKING = 'urn:xmpp:blocking';
const ATTACKER = 'attacker@open.example';

let fortress: Fortress;
let attacker: Attacker;
/** Has let the attacker see its presence, has got an approval in advance, and then blocks. */
let victim: Attacker;
let victimJid: string;
beforeAll(async () => {
  fortress = await Fortress.build('modules: { blocking: { maxEntries: 50, maxLength: 5000 } }', {
    accounts: ['collector'],
  });
}, 30_000);
afterAll(() => fortress.raze());
beforeEach(async () => {
  attacker = await fortress.signIn('attacker', 'a');
  victim = await fortress.signIn('victim');
  victim.says('<presence/>');
  victimJid = /to='([^']*)'/.exec(await ask(victim, '<ping xmlns="urn:xmpp:ping"/>'))?.[1] ?? '';
  await befriend();
});
afterEach(async () => {
  await fortress.stands(attacker);
  await ask(victim, `<unblock xmlns='${BLOCKING}'/>`, 'set');
  attacker.leaves();
  victim.leaves();
});

async function ask(client: Attacker, payload: string, type = 'get'): Promise<string> {
  client.says(`<iq type='${type}' id='ask'>${payload}</iq>`);
  return client.fence();
}

const block = (...jids: readonly string[]) =>
  `<block xmlns='${BLOCKING}'>${jids.map((jid) => `<item jid='${jid}'/>`).join('')}</block>`;

/** Both see each other, and the attacker is available. */
async function befriend(): Promise<void> {
  for (const [asking, asked, name] of [
    [attacker, victim, 'victim'],
    [victim, attacker, 'attacker'],
  ] as const) {
    asking.says(`<presence type='subscribe' to='${name}@open.example'/>`);
    await asking.fence();
    const asker = name === 'victim' ? 'attacker' : 'victim';
    asked.says(`<presence type='subscribed' to='${asker}@open.example'/>`);
    await asked.fence();
  }
  attacker.says('<presence/>');
  await attacker.fence();
  await victim.fence();
}

async function blocks(): Promise<void> {
  expect(await ask(victim, block(ATTACKER), 'set')).toContain("type='result'");
  expect(await attacker.fence()).toContain("type='unavailable'");
}

describe('[XEP-0191 3.3] whoever is blocked', () => {
  const payloads = [
    ['query', 'http://jabber.org/protocol/disco#info'],
    ['query', 'http://jabber.org/protocol/disco#items'],
    ['query', 'jabber:iq:roster'],
    ['query', 'jabber:iq:last'],
    ['query', 'jabber:iq:version'],
    ['query', 'jabber:iq:private'],
    ['query', 'jabber:iq:register'],
    ['vCard', 'vcard-temp'],
    ['ping', 'urn:xmpp:ping'],
    ['time', 'urn:xmpp:time'],
    ['blocklist', BLOCKING],
    ['block', BLOCKING],
    ['unblock', BLOCKING],
    ['pubsub', 'http://jabber.org/protocol/pubsub'],
    ['jingle', 'urn:xmpp:jingle:1'],
    ['open', 'http://jabber.org/protocol/ibb'],
    ['query', 'http://jabber.org/protocol/bytestreams'],
    ['unknown', 'urn:unknown'],
  ];

  test('is refused whatever is asked, at every address, and told nothing else', async () => {
    await blocks();
    let asked = 0;
    for (const [name, xmlns] of payloads) {
      for (const type of ['get', 'set']) {
        for (const to of ['victim@open.example', victimJid, 'victim@open.example/none']) {
          attacker.says(`<iq type='${type}' id='q' to='${to}'><${name} xmlns='${xmlns}'/></iq>`);
          expect(await attacker.fence()).toMatch(
            /^<iq [^>]*type='error'[^>]*><error type="cancel"><service-unavailable [^>]*\/><\/error><\/iq>$/,
          );
          asked++;
        }
      }
    }
    expect(asked).toBe(payloads.length * 6);
    expect(await victim.fence()).toBe('');
  });

  test('gets the same refusal of every message, and no answer to presence', async () => {
    await blocks();
    const refusals = new Set<string>();
    for (const type of ['', 'chat', 'normal', 'headline', 'groupchat', '__proto__']) {
      for (const to of ['victim@open.example', victimJid]) {
        const body = '<body>x</body><request xmlns="urn:xmpp:receipts"/>';
        attacker.says(`<message ${type && `type='${type}'`} id='m' to='${to}'>${body}</message>`);
        refusals.add((await attacker.fence()).replaceAll(victimJid, 'victim@open.example'));
      }
    }
    expect(refusals.size).toBe(1);
    for (const type of ['', 'unavailable', 'probe', 'subscribe', 'subscribed', 'error']) {
      for (const to of ['victim@open.example', victimJid]) {
        attacker.says(`<presence ${type && `type='${type}'`} to='${to}'/>`);
      }
    }
    for (const type of ['result', 'error']) {
      attacker.says(`<iq type='${type}' id='q' to='${victimJid}'/>`);
      attacker.says(`<message type='error' id='q' to='${victimJid}'/>`);
    }
    expect(await attacker.fence()).toBe('');
    expect(await victim.fence()).toBe('');
  });

  test('sees nothing of what the victim does, from any session of either', async () => {
    await blocks();
    victim.says(`<presence><show>away</show></presence><presence to='${ATTACKER}'/>`);
    victim.says("<presence type='unavailable'/><presence><priority>5</priority></presence>");
    victim.says(`<message to='${ATTACKER}' id='m'><body>x</body></message>`);
    await victim.fence();
    const second = await fortress.signIn('victim', 'second');
    second.says('<presence/>');
    await second.fence();
    second.leaves();
    const other = await fortress.signIn('attacker', 'b');
    other.says('<presence/>');
    const seen = (await other.fence()).replace(
      /<presence [^>]*from='attacker@[^>]*>[\s\S]*?<\/presence>/g,
      '',
    );
    expect(seen).toBe('');
    other.leaves();
    expect(await attacker.fence()).not.toContain('victim@');
    await victim.fence();
  });

  test('does not get past by a form of the address, or by what else a domain holds', async () => {
    expect(await ask(victim, block('ATTACKER@Open.Example'), 'set')).toContain("type='result'");
    await attacker.fence();
    attacker.says(`<message to='VICTIM@OPEN.EXAMPLE' id='m'><body>x</body></message>`);
    expect(await attacker.fence()).toContain('<service-unavailable ');
    await ask(victim, `<unblock xmlns='${BLOCKING}'/>`, 'set');
    expect(await ask(victim, block('open.example'), 'set')).toContain("type='result'");
    await attacker.fence();
    attacker.says(`<message to='victim@open.example' id='m'><body>x</body></message>`);
    expect(await attacker.fence()).toContain('<service-unavailable ');
    expect(await victim.fence()).toBe('');
  });
});

describe('commands', () => {
  testAttacks(
    [
      ['an empty block', `<block xmlns='${BLOCKING}'/>`, 'bad-request'],
      ['an item without jid', `<block xmlns='${BLOCKING}'><item/></block>`, 'bad-request'],
      ['a long address', block(`a@${'x'.repeat(3000)}`), 'jid-malformed'],
      [
        'an unblock of what is no item',
        `<unblock xmlns='${BLOCKING}'><x/></unblock>`,
        'bad-request',
      ],
      ['many items', block(...Array(5000).fill('a.example')), 'policy-violation'],
      [
        'items that are too long together',
        block(...Array.from({ length: 6 }, (_, n) => `x.example/${n}${'y'.repeat(1000)}`)),
        'resource-constraint',
      ],
    ].map(([name, payload, stanza]) => ({
      name: name!,
      phase: 'signed-in' as const,
      bytes: `<iq type='set' id='1'>${payload}</iq>`,
      expected: { stanza: stanza! },
    })),
    () => fortress,
  );

  test('fill the list up to its limit and no further', async () => {
    const collector = await fortress.signIn('collector');
    for (let n = 0; n < 50; n++) {
      expect(await ask(collector, block(`${n}.example`), 'set')).toContain("type='result'");
    }
    expect(await ask(collector, block('more.example'), 'set')).toContain('<resource-constraint ');
    const list = await ask(collector, `<blocklist xmlns='${BLOCKING}'/>`);
    expect(list.match(/<item /g)).toHaveLength(50);
    collector.leaves();
  });

  test('with names of properties block what they say and nobody else', async () => {
    const names = ['__proto__@x.example', 'constructor.example', 'x.example/toString'];
    await ask(victim, block(...names), 'set');
    const list = await ask(victim, `<blocklist xmlns='${BLOCKING}'/>`);
    for (const name of names) expect(list).toContain(`jid="${name}"`);
    attacker.says("<message to='victim@open.example'><body>x</body></message>");
    await attacker.fence();
    expect(await victim.fence()).toContain('<body>x</body>');
  });

  test('of many sessions at once lose nothing, and a flood of them harms nobody', async () => {
    const sessions = await Promise.all(
      Array.from({ length: 5 }, (_, n) => fortress.signIn('collector', `c${n}`)),
    );
    await ask(sessions[0]!, `<unblock xmlns='${BLOCKING}'/>`, 'set');
    for (let round = 0; round < 10; round++) {
      for (const [n, session] of sessions.entries()) {
        session.says(`<iq type='set' id='f'>${block(`${n}-${round}.example`)}</iq>`);
      }
    }
    await Promise.all(sessions.map((session) => session.fence()));
    const list = await ask(sessions[0]!, `<blocklist xmlns='${BLOCKING}'/>`);
    expect(list.match(/<item /g)).toHaveLength(50);
    for (let n = 0; n < 300; n++) {
      sessions[0]!.says(`<iq type='set' id='f'>${block(ATTACKER)}</iq>`);
      sessions[0]!.says(`<iq type='set' id='f'><unblock xmlns='${BLOCKING}'/></iq>`);
    }
    expect(await sessions[0]!.fence()).toContain("type='result'");
    for (const session of sessions) session.leaves();
  });
});
