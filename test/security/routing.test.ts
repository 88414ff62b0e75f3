import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { testAttacks } from './support/attack.ts';
import type { Attacker } from './support/attacker.ts';
import { Fortress } from './support/fortress.ts';

let fortress: Fortress;
let attacker: Attacker;
let victim: Attacker;
/** The victim's session; its resource is one that nobody guesses. */
let victimJid: string;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());
beforeEach(async () => {
  attacker = await fortress.signIn('attacker', 'a');
  victim = await fortress.signIn('victim');
  victim.says("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  victim.says('<presence/>');
  victimJid = /to='([^']*)'/.exec(await victim.fence())?.[1] ?? '';
});
afterEach(async () => {
  await fortress.stands(attacker);
  attacker.leaves();
  victim.leaves();
});

/** What the attacker and the victim hear of it; the attacker's fence comes first. */
async function tell(stanza: string): Promise<{ attacker: string; victim: string }> {
  attacker.says(stanza);
  return { attacker: await attacker.fence(), victim: await victim.fence() };
}

const ROSTER_PUSH =
  "<query xmlns='jabber:iq:roster'><item jid='evil@open.example' subscription='both'/></query>";

describe('[RFC6120 8.1.2.1] a forged from', () => {
  const forgeries = [
    'victim@open.example',
    'open.example',
    'bystander@open.example/x',
    'attacker@localhost',
  ];
  const stanzas = [
    (from: string) => `<message from='${from}' to='victim@open.example'><body>x</body></message>`,
    (from: string) => `<message from='${from}'><body>x</body></message>`,
    (from: string) => `<presence from='${from}' to='victim@open.example'/>`,
    (from: string) => `<presence from='${from}' type='subscribed' to='victim@open.example'/>`,
    (from: string) => `<presence from='${from}'/>`,
    (from: string) =>
      `<iq from='${from}' to='victim@open.example' type='set' id='1'>${ROSTER_PUSH}</iq>`,
    (from: string) => `<iq from='${from}' type='result' id='1' to='victim@open.example'/>`,
  ];
  test.each(forgeries)('%s ends the stream, whatever the stanza', async (from) => {
    for (const stanza of stanzas) {
      const forger = await fortress.signIn('attacker', 'forger');
      forger.says(stanza(from));
      expect(await forger.hearsTheEnd()).toMatch(
        /^<stream:error><invalid-from [\s\S]*<\/stream:stream>$/,
      );
      forger.leaves();
    }
    expect(await victim.fence()).toBe('');
  });

  test('that is no address is refused', async () => {
    const heard = await tell("<message from='@' to='victim@open.example'><body>x</body></message>");
    expect(heard.attacker).toContain('<jid-malformed ');
    expect(heard.victim).toBe('');
  });

  test.each([
    ['none', ''],
    ['the bare address', "from='attacker@open.example'"],
    ['the full address', "from='attacker@open.example/a'"],
    ['another resource of one’s own', "from='attacker@open.example/b'"],
    ['the address in capitals', "from='ATTACKER@OPEN.EXAMPLE/a'"],
    ['one in another namespace', "xmlns:s='urn:x' s:from='open.example'"],
  ])('%s: the server’s own word is the only one', async (_, from) => {
    const heard = await tell(`<message ${from} to='${victimJid}'><body>x</body></message>`);
    expect(heard.victim.match(/ from='[^']*'/g)).toContain(" from='attacker@open.example/a'");
    expect(heard.victim.match(/ from='[^']*'/g)).toHaveLength(1);
  });
});

describe('what looks as if it were the server’s', () => {
  test('a roster push carries its sender, so that no client believes it', async () => {
    const push = `<iq type='set' id='p' to='${victimJid}'>${ROSTER_PUSH}</iq>`;
    const heard = await tell(push);
    expect(heard.victim).toMatch(/^<iq [^>]*from='attacker@open\.example\/a'/);
    victim.says("<iq type='get' id='r2'><query xmlns='jabber:iq:roster'/></iq>");
    expect(await victim.fence()).not.toContain('evil@open.example');
  });

  test('a roster push to the bare address is forbidden', async () => {
    const heard = await tell(`<iq type='set' id='p' to='victim@open.example'>${ROSTER_PUSH}</iq>`);
    expect(heard.attacker).toContain('<forbidden ');
    expect(heard.victim).toBe('');
  });

  test('[XEP-0359 5] stanza-ids and delays in the server’s name are taken out', async () => {
    const mine = [
      "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='victim@open.example'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' id='2' by='VICTIM@Open.Example'/>",
      "<s:stanza-id xmlns:s='urn:xmpp:sid:0' id='3' by='open.example'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' id='4' by='victim@open&#x2e;example'/>",
      "<delay xmlns='urn:xmpp:delay' from='open.example' stamp='2001-01-01T00:00:00Z'/>",
    ];
    const others = "<stanza-id xmlns='urn:xmpp:sid:0' id='keep' by='room@muc.example'/>";
    const heard = await tell(
      `<message to='${victimJid}'>${mine.join('')}<body>x</body>${others}</message>`,
    );
    expect(heard.victim).toContain("id='keep'");
    expect(heard.victim).not.toContain('<delay');
    // The other one says where the archive has it.
    expect(heard.victim.match(/stanza-id /g)).toHaveLength(2);
    expect(heard.victim).not.toMatch(/ id=['"][1-4]['"]/);
    expect(heard.victim).toContain('<body>x</body>');
  });

  test('an answer to a question of the server’s is not taken from others', async () => {
    const heard = await tell(
      `<iq type='result' id='x' from='attacker@open.example/a' to='open.example'/>`,
    );
    expect(heard).toEqual({ attacker: '', victim: '' });
  });
});

describe('iqs', () => {
  testAttacks(
    [
      ['without id', "<iq type='get' to='victim@open.example'><ping xmlns='urn:xmpp:ping'/></iq>"],
      ['without type', "<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>"],
      ['of an unknown type', "<iq type='GET' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"],
      ['without child', "<iq type='get' id='1'/>"],
      ['with two children', "<iq type='set' id='1'><a xmlns='urn:x'/><b xmlns='urn:x'/></iq>"],
    ].map(([name, bytes]) => ({
      name: name!,
      phase: 'signed-in' as const,
      bytes: bytes!,
      expected: { stanza: 'bad-request' },
    })),
    () => fortress,
  );

  testAttacks(
    [
      ['a result for nobody', "<iq type='result' id='1' to='victim@open.example/none'/>"],
      ['a result for an account', "<iq type='result' id='1' to='victim@open.example'/>"],
      ['a result for an unknown account', "<iq type='result' id='1' to='nobody@open.example'/>"],
      ['an error for an account', "<iq type='error' id='1' to='absent@open.example'><error/></iq>"],
      ['a result for another server', "<iq type='result' id='1' to='far.example'/>"],
      [
        'an error message for an account',
        "<message type='error' to='absent@open.example'><error/></message>",
      ],
    ].map(([name, bytes]) => ({
      name: name!,
      phase: 'signed-in' as const,
      bytes: bytes!,
      expected: 'ignored' as const,
    })),
    () => fortress,
  );
});

describe('[RFC6120 13.11] a stranger cannot tell an account from none', () => {
  const NAMESPACES = [
    ['query', 'jabber:iq:roster'],
    ['query', 'http://jabber.org/protocol/disco#info'],
    ['query', 'http://jabber.org/protocol/disco#items'],
    ['ping', 'urn:xmpp:ping'],
    ['time', 'urn:xmpp:time'],
    ['query', 'jabber:iq:version'],
    ['query', 'jabber:iq:last'],
    ['query', 'jabber:iq:private'],
    ['vCard', 'vcard-temp'],
    ['pubsub', 'http://jabber.org/protocol/pubsub'],
    ['blocklist', 'urn:xmpp:blocking'],
    ['query', 'urn:xmpp:mam:2'],
    ['enable', 'urn:xmpp:carbons:2'],
    ['bind', 'urn:ietf:params:xml:ns:xmpp-bind'],
    ['session', 'urn:ietf:params:xml:ns:xmpp-session'],
    ['unknown', 'urn:unknown'],
  ] as const;
  const requests = NAMESPACES.flatMap(([name, xmlns]) =>
    ['get', 'set'].flatMap((type) =>
      ['', '/home', '/__proto__'].map((resource) => ({ name, xmlns, type, resource })),
    ),
  );

  /** What is answered when a stanza is for that account, with its name taken out. */
  async function answer(account: string, stanza: (to: string) => string): Promise<string> {
    attacker.says(stanza(`${account}@open.example`));
    return (await attacker.fence()).replaceAll(account, 'NAME');
  }

  test.each(requests)('$type $name $xmlns to "$resource"', async (request) => {
    const { name, xmlns, type, resource } = request;
    const iq = (to: string) =>
      `<iq type='${type}' id='q' to='${to}${resource}'><${name} xmlns='${xmlns}'/></iq>`;
    const [absent, online, unknown] = [
      await answer('absent', iq),
      await answer('bystander', iq),
      await answer('nobody', iq),
    ];
    // XEP-0030 §8: of items there are none, which is no error.
    const isItems = xmlns.endsWith('#items') && type === 'get' && resource === '';
    expect(absent).toContain(isItems ? "type='result'" : "type='error'");
    expect(absent).toBe(unknown);
    expect(online).toBe(unknown);
  });

  const disco = (to: string) =>
    `<iq type='get' id='q' to='${to}'><query xmlns='http://jabber.org/protocol/disco#info' node='x'/></iq>`;
  test('disco of a node', async () => {
    expect(await answer('absent', disco)).toBe(await answer('nobody', disco));
  });

  test.each([
    '',
    'unavailable',
    'probe',
    'unsubscribe',
    'unsubscribed',
    'subscribed',
    'error',
    'subscribe',
  ])('presence of type "%s"', async (type) => {
    for (const resource of ['', '/home']) {
      const presence = (to: string) =>
        `<presence ${type && `type='${type}'`} to='${to}${resource}'/>`;
      const [absent, unknown] = [
        await answer('absent', presence),
        await answer('nobody', presence),
      ];
      expect(absent).toBe(unknown);
      // An account that is there gets it, yet says nothing of itself.
      const online = (await answer('victim', presence)).replaceAll(victimJid, 'JID');
      expect(online).toBe(unknown);
      await victim.fence();
    }
    // For the next type, nobody has been asked.
    for (const name of ['absent', 'victim', 'nobody']) {
      attacker.says(`<presence type='unsubscribe' to='${name}@open.example'/>`);
    }
    await attacker.fence();
  });

  test('a guess of a full address meets silence, and what is found says nothing', async () => {
    const guesses = ['home', 'phone', 'Gajim', '__proto__', 'constructor'];
    for (const guess of guesses) {
      attacker.says(`<presence to='victim@open.example/${guess}'/>`);
      attacker.says(`<presence type='probe' to='victim@open.example/${guess}'/>`);
    }
    const heard = await attacker.fence();
    expect(heard).not.toContain(victimJid);
    expect(heard.replace(/<presence [^>]*type='unsubscribed'[^>]*><\/presence>/g, '')).toBe('');
    expect(await victim.fence()).toBe('');
  });
});

describe('presence of others', () => {
  test('a stranger’s "subscribed" and "unsubscribed" change nothing', async () => {
    for (const type of ['subscribed', 'unsubscribed', 'unsubscribe']) {
      const heard = await tell(`<presence type='${type}' to='victim@open.example'/>`);
      expect(heard.victim).toBe('');
    }
    victim.says("<iq type='get' id='r3'><query xmlns='jabber:iq:roster'/></iq>");
    expect(await victim.fence()).not.toContain('attacker@');
  });

  test('whoever only asks sees nothing, and may take back the question', async () => {
    const asked = await tell("<presence type='subscribe' to='victim@open.example'/>");
    expect(asked.attacker).not.toContain(victimJid);
    expect(asked.victim).toContain("type='subscribe'");
    victim.says('<presence><show>away</show></presence>');
    await victim.fence();
    expect(await attacker.fence()).toBe('');
    const probed = await tell("<presence type='probe' to='victim@open.example'/>");
    expect(probed.attacker).not.toContain(victimJid);
    await tell("<presence type='unsubscribe' to='victim@open.example'/>");
  });
});

describe('what is for nobody here', () => {
  testAttacks(
    [
      [
        'a message',
        "<message to='x@far.example'><body>x</body></message>",
        'remote-server-not-found',
      ],
      [
        'an iq',
        "<iq type='get' id='1' to='far.example'><ping xmlns='urn:xmpp:ping'/></iq>",
        'remote-server-not-found',
      ],
      [
        'a message to the server',
        "<message to='open.example'><body>x</body></message>",
        'service-unavailable',
      ],
      [
        'a message to no address',
        "<message to='a b c@/'><body>x</body></message>",
        'jid-malformed',
      ],
      ['a message to an empty address', "<message to=''><body>x</body></message>", 'jid-malformed'],
      [
        'a message to a property',
        "<message to='x@__proto__'><body>x</body></message>",
        'jid-malformed',
      ],
      [
        'a message to a group chat',
        "<message type='groupchat' to='absent@open.example'/>",
        'service-unavailable',
      ],
      ['presence to no address', "<presence to='@'/>", 'jid-malformed'],
      ['an unknown type of presence', "<presence type='dnd'/>", 'bad-request'],
      ['a probe to nobody', "<presence type='probe'/>", 'bad-request'],
      [
        'a roster set for another',
        "<iq type='set' id='1' to='absent@open.example'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>",
        'forbidden',
      ],
    ].map(([name, bytes, stanza]) => ({
      name: name!,
      phase: 'signed-in' as const,
      bytes: bytes!,
      expected: { stanza: stanza! },
    })),
    () => fortress,
  );
});
