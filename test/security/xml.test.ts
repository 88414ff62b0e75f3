import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Attack, approach, expectStreamError, testAttacks } from './support/attack.ts';
import { Attacker, STREAM } from './support/attacker.ts';
import { Fortress } from './support/fortress.ts';

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

const header = STREAM('open.example');
const message = (content: string) => `<message to='victim@open.example'>${content}</message>`;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Uint8Array.from(part))),
  );

const BOTH = ['before-login', 'signed-in'] as const;

/** The same bytes before and after signing in. */
function inBothPhases(name: string, attack: Attack['bytes'], condition: string): readonly Attack[] {
  return BOTH.map((phase) => ({ name, phase, bytes: attack, expected: { stream: condition } }));
}

describe('[RFC6120 11.1] restricted XML', () => {
  testAttacks(
    [
      ...inBothPhases('comment', '<!-- hello -->', 'restricted-xml'),
      ...inBothPhases('comment in a stanza', message('<body>a<!--b-->c</body>'), 'restricted-xml'),
      ...inBothPhases('processing instruction', '<?php echo 1 ?>', 'restricted-xml'),
      ...inBothPhases('processing instruction in a stanza', message('<?x y?>'), 'restricted-xml'),
      ...inBothPhases('document type', '<!DOCTYPE a>', 'restricted-xml'),
      ...inBothPhases('document type in a stanza', message('<!DOCTYPE a>'), 'restricted-xml'),
      ...inBothPhases('undefined entity', message('<body>&nbsp;</body>'), 'restricted-xml'),
      ...inBothPhases('undefined entity in a value', message("<a b='&x;'/>"), 'restricted-xml'),
      {
        name: 'external entity ahead of the stream',
        phase: 'connected',
        bytes: `<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>${header}`,
        expected: { stream: 'restricted-xml' },
      },
      {
        name: 'a billion laughs ahead of the stream',
        phase: 'connected',
        bytes: `<?xml version='1.0'?><!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${header}`,
        expected: { stream: 'restricted-xml' },
      },
      {
        name: 'comment ahead of the stream',
        phase: 'connected',
        bytes: `<!-- hello -->${header}`,
        expected: { stream: 'restricted-xml' },
      },
      {
        name: 'style sheet ahead of the stream',
        phase: 'connected',
        bytes: `<?xml-stylesheet href='x'?>${header}`,
        expected: { stream: 'restricted-xml' },
      },
    ],
    () => fortress,
  );
});

describe('[RFC6120 4.9.3.13] what is not well-formed', () => {
  const bodies: readonly [string, string | Uint8Array][] = [
    ['mismatched end tag', message('<a></b>')],
    ['crossed tags', message('<a><b></a></b>')],
    ['end tag too many', '</message>'],
    ['duplicate attribute', message("<a b='1' b='2'/>")],
    [
      'one attribute under two prefixes',
      message("<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>"),
    ],
    ['undeclared prefix of an element', message('<p:a/>')],
    ['undeclared prefix of an attribute', message("<a p:b='1'/>")],
    ['prefix bound to nothing', message("<p:a xmlns:p=''/>")],
    ['xml bound to something else', message("<a xmlns:xml='urn:x'/>")],
    ['xmlns bound', message("<a xmlns:xmlns='urn:x'/>")],
    ['another prefix bound as xml', message("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>")],
    ['a prefix used behind the element that declares it', message("<p:a xmlns:p='urn:x'/><p:b/>")],
    ['value without quotes', message('<a b=1/>')],
    ['value without end', message("<a b='1/>")],
    ['attribute without value', message('<a b/>')],
    ['less-than in a value', message("<a b='<'/>")],
    ['lone ampersand', message('<body>a & b</body>')],
    ['CDATA end in text', message('<body>a ]]> b</body>')],
    ['unknown declaration', message('<!ELEMENT a>')],
    ['space ahead of a name', message('< a/>')],
    ['digit as a name', message('<1/>')],
    ['two colons in a name', message('<a:b:c/>')],
    ['NUL in text', message('<body>\0</body>')],
    ['NUL between stanzas', '\0'],
    ['control character in text', message('<body>\x0b</body>')],
    ['control character in a value', message("<a b='\x01'/>")],
    ['reference to NUL', message('<body>&#0;</body>')],
    ['reference to a control character', message("<a b='&#x1F;'/>")],
    ['reference to half a surrogate pair', message('<body>&#xD800;</body>')],
    ['reference to U+FFFE', message('<body>&#xFFFE;</body>')],
    ['reference beyond Unicode', message('<body>&#x110000;</body>')],
    ['reference to a huge number', message('<body>&#99999999999999999999;</body>')],
    ['U+FFFF as it is', message('<body>\uffff</body>')],
    [
      'byte that begins no character, in text',
      bytes('<message><body>', [0xff], '</body></message>'),
    ],
    ['byte that begins no character, in a name', bytes('<message><a', [0xff], '/></message>')],
    ['byte that begins no character, in a value', bytes("<message id='", [0xfe], "'/>")],
    [
      'byte that begins no character, in a namespace',
      bytes("<message><a xmlns='", [0xc1], "'/></message>"),
    ],
    ['overlong NUL', bytes('<message><body>', [0xc0, 0x80], '</body></message>')],
    ['overlong less-than', bytes('<message><body>', [0xc0, 0xbc], 'a/></body></message>')],
    ['overlong slash', bytes('<message><body>', [0xe0, 0x80, 0xaf], '</body></message>')],
    [
      'half a surrogate pair as UTF-8',
      bytes('<message><body>', [0xed, 0xa0, 0x80], '</body></message>'),
    ],
    [
      'character beyond Unicode',
      bytes('<message><body>', [0xf4, 0x90, 0x80, 0x80], '</body></message>'),
    ],
    ['character cut short by a tag', bytes('<message><body>', [0xe2, 0x82], '</body></message>')],
  ];
  testAttacks(
    bodies.flatMap(([name, attack]) => inBothPhases(name, attack, 'not-well-formed')),
    () => fortress,
  );

  const split: readonly [string, Uint8Array][] = [
    ['bad UTF-8', bytes('<message><body>', [0xf0, 0x9f, 0x28, 0x8c], '</body></message>')],
    ['an overlong character', bytes('<message><body>', [0xe0, 0x80, 0xaf], '</body></message>')],
    ['half a surrogate pair', bytes("<message id='", [0xed, 0xbf, 0xbf], "'/>")],
  ];
  testAttacks(
    split.flatMap(([name, attack]) =>
      BOTH.map((phase) => ({
        name: `${name}, split between its bytes`,
        phase,
        bytes: [...attack].map((byte) => Uint8Array.of(byte)),
        expected: { stream: 'not-well-formed' },
      })),
    ),
    () => fortress,
  );
});

describe('[RFC6120 4.9.3.14] bounds', () => {
  const many = (count: number, text: string) => text.repeat(count);
  testAttacks(
    [
      {
        name: '140 KB nested 20,000 deep',
        phase: 'signed-in',
        bytes: message(many(20_000, '<a>') + many(20_000, '</a>')),
        expected: { stream: 'policy-violation' },
      },
      {
        name: '40,000 children',
        phase: 'before-login',
        bytes: `<message>${many(40_000, '<a/>')}</message>`,
        expected: { stream: 'policy-violation' },
      },
      {
        name: '40,000 children',
        phase: 'signed-in',
        bytes: message(many(40_000, '<a/>')),
        expected: { stream: 'policy-violation' },
      },
      ...inBothPhases('endless stanza', `<message><body>${many(400_000, 'x')}`, 'policy-violation'),
      ...inBothPhases('endless name', `<${many(400_000, 'x')}`, 'policy-violation'),
      ...inBothPhases('endless value', `<message id='${many(400_000, 'x')}`, 'policy-violation'),
      ...inBothPhases(
        'endless end tag',
        `<message></message${many(400_000, ' ')}`,
        'policy-violation',
      ),
      ...inBothPhases(
        'endless CDATA',
        `<message><![CDATA[${many(400_000, ']')}`,
        'policy-violation',
      ),
      ...inBothPhases(
        'thousands of attributes',
        `<message ${Array.from({ length: 5000 }, (_, n) => `a${n}=''`).join(' ')}/>`,
        'policy-violation',
      ),
      ...inBothPhases(
        'thousands of prefixes',
        `<message>${Array.from({ length: 90 }, (_, n) => `<a xmlns:p${n}='urn:x'>`).join('')}`,
        'policy-violation',
      ),
      ...inBothPhases(
        'endless reference',
        message(`<body>&#${many(9000, '0')}65;`),
        'policy-violation',
      ),
      {
        name: 'endless stream header',
        phase: 'connected',
        bytes: `<stream:stream a='${many(400_000, 'x')}`,
        expected: { stream: 'policy-violation' },
      },
      {
        name: 'endless XML declaration',
        phase: 'connected',
        bytes: `<?xml version='1.0' ${many(10_000, ' ')}`,
        expected: { stream: 'policy-violation' },
      },
    ],
    () => fortress,
  );
});

describe('between stanzas', () => {
  testAttacks(
    [
      ...inBothPhases('text', 'hello', 'bad-format'),
      ...inBothPhases('a reference', '&amp;', 'bad-format'),
      ...inBothPhases('UTF-16', Buffer.from('\ufeff<message/>', 'utf16le'), 'bad-format'),
      ...inBothPhases('CDATA', '<![CDATA[ ]]>', 'bad-format'),
      ...inBothPhases('HTTP', 'GET / HTTP/1.1\r\n\r\n', 'bad-format'),
      {
        name: 'HTTP',
        phase: 'connected',
        bytes: 'GET / HTTP/1.1\r\n\r\n',
        expected: { stream: 'not-well-formed' },
      },
      {
        name: 'a TLS handshake',
        phase: 'connected',
        bytes: Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
        expected: { stream: 'not-well-formed' },
      },
      {
        name: 'white space',
        phase: 'signed-in',
        bytes: ' \r\n\t'.repeat(5000),
        expected: 'ignored',
      },
      {
        name: 'white space',
        phase: 'before-login',
        bytes: ' \r\n\t'.repeat(5000),
        expected: 'ignored',
      },
    ],
    () => fortress,
  );
});

describe('a hostile sender cannot make the server say what it did not', () => {
  /** What the victim gets of a stanza that is let through. */
  async function relay(stanza: string): Promise<string> {
    const victim = await fortress.signIn('victim', 'v');
    const attacker = await approach('signed-in', fortress);
    attacker.says(stanza);
    await attacker.fence();
    const heard = await victim.fence();
    await fortress.stands(attacker);
    victim.leaves();
    attacker.leaves();
    return heard;
  }
  const toVictim = (rest: string) => `<message to='victim@open.example/v' ${rest}`;

  test('markup in text and values stays escaped', async () => {
    const heard = await relay(
      toVictim(
        "id='&lt;a&gt;&apos;&quot;' type='&#39;/&gt;&lt;evil/&gt;'><body>&lt;/message&gt;</body></message>",
      ),
    );
    expect(heard).not.toContain('<evil');
    expect(heard).toContain('<body>&lt;/message&gt;</body><stanza-id ');
    expect(heard).toContain("id='&lt;a&gt;&apos;&quot;'");
  });

  test('a prefix declared on the stream keeps its meaning for who has no such prefix', async () => {
    const victim = await fortress.signIn('victim', 'v');
    const attacker = await Attacker.connect(fortress.open);
    await attacker.signsIn('attacker', 'sesame');
    attacker.leaves();
    const other = await Attacker.connect(fortress.open);
    await other.opens();
    const plain = Buffer.from('\0attacker\0sesame').toString('base64');
    other.says(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`);
    await other.hears('<success');
    other.says(STREAM('open.example').replace(' to=', " xmlns:e='urn:evil' to="));
    await other.hears('</stream:features>');
    other.says("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    await other.hears('</iq>');
    other.says(toVictim("><e:x e:y='1'/></message>"));
    await other.fence();
    expect(await victim.fence()).toMatch(/<e:x [^>]*xmlns:e=.urn:evil./);
    await fortress.stands(other);
    victim.leaves();
    other.leaves();
  });

  test('text around the children of a stanza does not hide a stanza', async () => {
    const heard = await relay(
      toVictim("><![CDATA[</message><presence from='admin@open.example'/>]]></message>"),
    );
    expect(heard.match(/<(message|presence|iq)[ >]/g)?.length ?? 0).toBeGreaterThan(0);
    expect(heard.replace(/<!\[CDATA\[.*?\]\]>/s, '')).not.toContain('<presence');
  });

  test('a stanza that comes byte by byte is one stanza', async () => {
    const victim = await fortress.signIn('victim', 'v');
    const attacker = await approach('signed-in', fortress);
    await attacker.saysByteByByte(Buffer.from(toVictim('><body>ä𝄞&amp;</body></message>')));
    await attacker.fence();
    expect(Buffer.from(await victim.fence(), 'latin1').toString()).toContain(
      '<body>ä𝄞&amp;</body>',
    );
    await fortress.stands(attacker);
    victim.leaves();
    attacker.leaves();
  });
});

test('[RFC6120 4.3.3] a second stream header without restart ends the stream', async () => {
  for (const phase of BOTH) {
    const attacker = await approach(phase, fortress);
    attacker.says(STREAM('open.example').replace(/^<\?xml.*\?>/, ''));
    const end = await attacker.hearsTheEnd();
    expectStreamError(end, 'bad-format');
    await fortress.stands(attacker);
    attacker.leaves();
  }
});
