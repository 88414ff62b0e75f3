import { describe, expect, test } from '@jest/globals';
import { errorOf, HEADER, LIMITS, Recorder } from './recorder.ts';

const NOT_WELL_FORMED = 'not-well-formed';
const RESTRICTED = 'restricted-xml';
const POLICY = 'policy-violation';

/** As latin1 text, so that bytes can be written down one by one. */
const bytes = (text: string) => Buffer.from(text, 'latin1');

const refused: readonly [what: string, content: string | Buffer, condition: string][] = [
  ['an end tag of another name', '<a><b></a></b>', NOT_WELL_FORMED],
  ['an end tag that is a prefix of the name', '<abc></ab>', NOT_WELL_FORMED],
  ['an end tag that goes on behind the name', '<ab></abc>', NOT_WELL_FORMED],
  ['an end tag with an attribute', "<a></a b=''>", NOT_WELL_FORMED],
  ['an end tag without a start tag', '</a>', NOT_WELL_FORMED],
  ['white space before the name', '< a/>', NOT_WELL_FORMED],
  ['white space before the name of an end tag', '<a></ a>', NOT_WELL_FORMED],
  ['a slash within a tag', '<a / >', NOT_WELL_FORMED],
  ['an empty tag', '<></>', NOT_WELL_FORMED],
  ['a name that begins with a digit', '<1a/>', NOT_WELL_FORMED],
  ['a name that begins with a combining mark', '<\u0301a/>', NOT_WELL_FORMED],
  ['a name with a multiplication sign', '<a\u00d7/>', NOT_WELL_FORMED],
  ['a name of bytes that are not UTF-8', bytes('<a\xff/>'), NOT_WELL_FORMED],
  ['two colons in a name', "<a:b:c xmlns:a='u'/>", NOT_WELL_FORMED],
  ['a colon at the start of a name', '<:a/>', NOT_WELL_FORMED],
  ['a colon at the end of a name', "<a: xmlns:a='u'/>", NOT_WELL_FORMED],
  ['a local name that begins with a digit', "<a:1 xmlns:a='u'/>", NOT_WELL_FORMED],
  ['an attribute without a value', '<a b/>', NOT_WELL_FORMED],
  ['an attribute without quotes', '<a b=c/>', NOT_WELL_FORMED],
  ['attributes without white space between', "<a b='c'd='e'/>", NOT_WELL_FORMED],
  ['an attribute twice', "<a b='1' c='' b='2'/>", NOT_WELL_FORMED],
  [
    'an attribute twice through two prefixes',
    "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
    NOT_WELL_FORMED,
  ],
  ['a default namespace twice', "<a xmlns='u' xmlns='v'/>", NOT_WELL_FORMED],
  ['a prefix declared twice in one tag', "<a xmlns:p='u' xmlns:p='v'/>", NOT_WELL_FORMED],
  ['a < in a value', "<a b='<'/>", NOT_WELL_FORMED],
  ['an & in a value', "<a b='&'/>", NOT_WELL_FORMED],
  ['a control character in a value', "<a b='\u0001'/>", NOT_WELL_FORMED],
  ['a NUL in a value', "<a b='\0'/>", NOT_WELL_FORMED],
  ['U+FFFE in a value', "<a b='\ufffe'/>", NOT_WELL_FORMED],
  ['bytes in a value that are not UTF-8', bytes("<a b='\xc3'/>"), NOT_WELL_FORMED],
  ['a NUL in text', '<a>\0</a>', NOT_WELL_FORMED],
  ['a control character in text', '<a>x\u000by</a>', NOT_WELL_FORMED],
  ['a control character in CDATA', '<a><![CDATA[\u001f]]></a>', NOT_WELL_FORMED],
  ['U+FFFF in text', '<a>\uffff</a>', NOT_WELL_FORMED],
  ['U+FFFE in CDATA', '<a><![CDATA[\ufffe]]></a>', NOT_WELL_FORMED],
  [']]> in text', '<a>x]]>y</a>', NOT_WELL_FORMED],
  ['an overlong encoding', bytes('<a>\xc0\xbc</a>'), NOT_WELL_FORMED],
  ['a surrogate in UTF-8', bytes('<a>\xed\xa0\x80</a>'), NOT_WELL_FORMED],
  ['a character beyond U+10FFFF', bytes('<a>\xf4\x90\x80\x80</a>'), NOT_WELL_FORMED],
  ['a character cut off by a tag', bytes('<a>\xef\xbf</a>'), NOT_WELL_FORMED],
  ['latin1', bytes('<a>\xe9</a>'), NOT_WELL_FORMED],
  ['a reference to NUL', '<a>&#0;</a>', NOT_WELL_FORMED],
  ['a reference to a control character', '<a>&#x1f;</a>', NOT_WELL_FORMED],
  ['a reference to a surrogate', '<a>&#xD800;</a>', NOT_WELL_FORMED],
  ['a reference to U+FFFE', '<a>&#xFFFE;</a>', NOT_WELL_FORMED],
  ['a reference beyond U+10FFFF', "<a b='&#x110000;'/>", NOT_WELL_FORMED],
  ['a reference to a number beyond all', '<a>&#99999999999999999999;</a>', NOT_WELL_FORMED],
  ['a reference with a capital X', '<a>&#X41;</a>', NOT_WELL_FORMED],
  ['a reference without digits', '<a>&#;</a>', NOT_WELL_FORMED],
  ['a reference without a name', '<a>&;</a>', NOT_WELL_FORMED],
  ['an ampersand on its own', '<a>x & y</a>', NOT_WELL_FORMED],
  ['a reference without its end', '<a>&amp</a>', NOT_WELL_FORMED],
  ['a reference of many zeros', `<a>&#${'0'.repeat(60)}65;</a>`, POLICY],
  ['an entity that HTML has', '<a>&nbsp;</a>', RESTRICTED],
  ['an entity that nobody has', "<a b='&lol;'/>", RESTRICTED],
  ['a comment', '<a><!-- x --></a>', RESTRICTED],
  ['a comment between stanzas', '<!-- x -->', RESTRICTED],
  ['a processing instruction', '<a><?php x ?></a>', RESTRICTED],
  ['a processing instruction between stanzas', '<?php x ?>', RESTRICTED],
  ['an XML declaration in the stream', "<?xml version='1.0'?>", RESTRICTED],
  ['a document type in the stream', '<!DOCTYPE a>', RESTRICTED],
  ['a declaration of a document type', '<a><!ENTITY x "y"></a>', NOT_WELL_FORMED],
  ['a CDATA section in lower case', '<a><![cdata[x]]></a>', NOT_WELL_FORMED],
  ['a CDATA section in a tag', '<a <![CDATA[x]]>/>', NOT_WELL_FORMED],
  ['an undeclared prefix of an element', '<a:b/>', NOT_WELL_FORMED],
  ['an undeclared prefix of an attribute', "<a b:c=''/>", NOT_WELL_FORMED],
  ['a prefix out of its scope', "<a><b xmlns:p='u'/><p:c/></a>", NOT_WELL_FORMED],
  ['a prefix out of its scope in the next stanza', "<a xmlns:p='u'/><p:c/>", NOT_WELL_FORMED],
  ['a prefix bound to nothing', "<a xmlns:p=''/>", NOT_WELL_FORMED],
  ['the prefix xml bound anew', "<a xmlns:xml='u'/>", NOT_WELL_FORMED],
  ['the prefix xmlns bound', "<a xmlns:xmlns='u'/>", NOT_WELL_FORMED],
  [
    "xml's namespace under another prefix",
    "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
    NOT_WELL_FORMED,
  ],
  [
    "xml's namespace as default",
    "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
    NOT_WELL_FORMED,
  ],
  [
    'the namespace of declarations',
    "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
    NOT_WELL_FORMED,
  ],
  ['an element with the prefix xmlns', '<xmlns:a/>', NOT_WELL_FORMED],
  ['text between stanzas', '<a/>x<b/>', 'bad-format'],
  ['CDATA between stanzas', '<![CDATA[x]]>', 'bad-format'],
  ['a byte order mark between stanzas', '\ufeff<a/>', 'bad-format'],
  ['a control character between stanzas', '\u0001<a/>', NOT_WELL_FORMED],
  ['another end tag than the root has', '</stream>', NOT_WELL_FORMED],
  ['an end tag of the root that goes on', '</stream:streams>', NOT_WELL_FORMED],
  ['an end tag of the root with many spaces', `</stream:stream${' '.repeat(99)}`, POLICY],
];

describe('what a stream may not hold [RFC6120 4.9.3.13] [RFC6120 11.1] [RFC6120 11.3]', () => {
  test.each(refused)('%s', (_, content, condition) => {
    expect(errorOf(content)).toBe(condition);
  });

  test.each(refused)('%s, byte by byte', (_, content, condition) => {
    // Whatever is left open by the content is closed by what follows.
    const recorder = new Recorder().drip(HEADER).drip(content).drip('>"\'>');
    expect(recorder.error).toBe(condition);
  });
});

const accepted: readonly [what: string, content: string][] = [
  ['white space wherever it may be', '<a  b = "c"\t\r\n ></a \n>'],
  ['quotes of the other kind in a value', `<a b="'" c='"'/>`],
  ['> in text and in values', "<a b='>'>x > y ]] > z</a>"],
  ['the predefined entities', "<a b='&lt;&amp;&quot;'>&lt;&gt;&amp;&apos;&quot;</a>"],
  ['references to characters', '<a>&#65;&#x41;&#x1F600;&#10;&#x000000041;</a>'],
  ['CDATA', '<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>'],
  ['empty CDATA', '<a><![CDATA[]]></a>'],
  ['names beyond ASCII', "<\u00e9l\u00e9ment \u0444='\u4e2d'/>"],
  ['names with dots, digits and hyphens', '<a.b-c1/>'],
  ['text of one to four bytes a character', '<a>a\u00e9\u20ac\u{1f600}</a>'],
  ['characters next to those that are none', '<a>\ufffd\uf8ff\uff21\ufdd0\u0085\u007f</a>'],
  ['a byte order mark within text', '<a>\ufeff</a>'],
  ['a namespace undone', "<a xmlns='u'><b xmlns=''/></a>"],
  ['a prefix bound anew within', "<p:a xmlns:p='u'><p:b xmlns:p='v'/><p:c/></p:a>"],
  ['a prefix of the stream header', '<stream:features/>'],
  ['the same local name in two namespaces', "<a xmlns:p='u' xmlns:q='v' b='' p:b='' q:b=''/>"],
  ['the prefix xml', "<a xml:lang='en'/>"],
  ['xml bound to what it is bound to', "<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>"],
  ['attributes and names of Object.prototype', "<constructor __proto__='x' toString='y'/>"],
];

describe('what a stream may hold', () => {
  test.each(accepted)('%s', (_, content) => {
    const recorder = new Recorder().write(HEADER).write(content);
    expect(recorder.events.slice(1)).toEqual([
      { frame: expect.objectContaining({ raw: content }) },
    ]);
  });
});

const headers: readonly [what: string, document: string | Buffer, condition: string][] = [
  ['a byte order mark [RFC6120 11.6]', `\ufeff${HEADER}`, NOT_WELL_FORMED],
  ['text', `hello${HEADER}`, NOT_WELL_FORMED],
  ['what is not XML', 'GET / HTTP/1.1\r\n', NOT_WELL_FORMED],
  ['a TLS handshake', bytes('\x16\x03\x01\x02\x00'), NOT_WELL_FORMED],
  ['an end tag', '</stream:stream>', NOT_WELL_FORMED],
  ['a comment', `<!-- x -->${HEADER}`, RESTRICTED],
  ['a document type', `<!DOCTYPE a [<!ENTITY b "c">]>${HEADER}`, RESTRICTED],
  ['a processing instruction', `<?a b?>${HEADER}`, RESTRICTED],
  ['white space before the declaration', ` <?xml version='1.0'?>${HEADER}`, RESTRICTED],
  ['two declarations', `<?xml version='1.0'?><?xml version='1.0'?>`, RESTRICTED],
  ['a target that begins like a declaration', `<?xmlx version='1.0'?>${HEADER}`, RESTRICTED],
  ['a declaration without version', `<?xml encoding='UTF-8'?>${HEADER}`, NOT_WELL_FORMED],
  ['a declaration in capitals', `<?XML version='1.0'?>${HEADER}`, RESTRICTED],
  ['XML 1.1 [RFC6120 11.8]', `<?xml version='1.1'?>${HEADER}`, 'bad-format'],
  [
    'another encoding [RFC6120 4.9.3.22]',
    `<?xml version="1.0" encoding='ISO-8859-1'?>${HEADER}`,
    'unsupported-encoding',
  ],
  ['UTF-16', Buffer.from(`\ufeff${HEADER}`, 'utf16le'), NOT_WELL_FORMED],
  ['a declaration without end', `<?xml version='1.0'${' '.repeat(300)}`, POLICY],
  ['a header with an undeclared prefix', "<stream:stream xmlns='jabber:client'>", NOT_WELL_FORMED],
  ['a header with an attribute twice', "<stream to='a' to='b'>", NOT_WELL_FORMED],
  ['a header that is not UTF-8', bytes("<stream to='\xff'>"), NOT_WELL_FORMED],
  ['a header that is too long', `<stream to='${'a'.repeat(5000)}`, POLICY],
  ['a header with too many attributes', `<stream ${'a'.repeat(4)}${manyAttributes(33)}>`, POLICY],
];

function manyAttributes(count: number): string {
  return Array.from({ length: count }, (_, i) => ` b${i}=''`)
    .join('')
    .replace(' ', "='' ");
}

describe('how a stream may not begin', () => {
  test.each(headers)('%s', (_, document, condition) => {
    expect(new Recorder().write(document).events).toEqual([{ error: condition }]);
    expect(new Recorder().drip(document).events).toEqual([{ error: condition }]);
  });
});

const openings: readonly [what: string, prolog: string][] = [
  ['at once', ''],
  ['with a declaration [RFC6120 11.5]', "<?xml version='1.0'?>"],
  ['with all of a declaration', `<?xml version="1.0" encoding='utf-8' standalone = "yes" ?>`],
  ['with white space', ' \r\n\t'],
  ['with white space behind the declaration', "<?xml version='1.0'?>\n"],
];

describe('how a stream may begin', () => {
  test.each(openings)('%s', (_, prolog) => {
    const header = {
      name: 'stream',
      prefix: 'stream',
      xmlns: 'http://etherx.jabber.org/streams',
      defaultXmlns: 'jabber:client',
      attributes: new Map([['to', 'a.lit']]),
      prefixes: [{ prefix: 'stream', xmlns: 'http://etherx.jabber.org/streams' }],
    };
    expect(new Recorder().write(prolog + HEADER).events).toEqual([{ header }]);
    expect(new Recorder().drip(prolog + HEADER).events).toEqual([{ header }]);
  });
});

describe('limits [RFC6120 4.9.3.14]', () => {
  const deep = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  const wide = (elements: number) => `<a>${'<b/>'.repeat(elements - 1)}</a>`;
  const long = (bytes: number) => `<a>${'x'.repeat(bytes - 7)}</a>`;
  const longTag = (bytes: number) => `<a b='${'x'.repeat(bytes - 9)}'/>`;
  const longEnd = (bytes: number) => `<a></a${' '.repeat(bytes - 4)}>`;
  const rich = (attributes: number) => `<a${manyAttributes(attributes).replace("='' ", ' ')}/>`;

  test.each([
    ['depth', deep, LIMITS.depth],
    ['elements', wide, LIMITS.elements],
    ['bytes', long, LIMITS.bytes],
    ['bytes of a tag', longTag, LIMITS.tagBytes],
    ['bytes of an end tag', longEnd, LIMITS.tagBytes],
    ['attributes', rich, LIMITS.attributes],
  ])('%s: the last that is allowed, and the first that is not', (_, make, limit) => {
    expect(errorOf(make(limit))).toBe('');
    expect(errorOf(make(limit + 1))).toBe(POLICY);
    expect(new Recorder().write(HEADER).drip(make(limit)).error).toBe('');
    expect(new Recorder().write(HEADER).drip(make(limit + 1)).error).toBe(POLICY);
  });

  test('a stanza without end is refused when it has grown too large', () => {
    const recorder = new Recorder().write(HEADER).write('<a>');
    for (let i = 0; i < 64; i++) recorder.write('x'.repeat(1024));
    expect(recorder.error).toBe(POLICY);
  });

  test('a tag without end is refused when it has grown too long', () => {
    expect(errorOf(`<a b='${'x'.repeat(4096)}`)).toBe(POLICY);
    expect(errorOf(`<${'x'.repeat(5000)}`)).toBe(POLICY);
  });

  test('prefixes in scope are few', () => {
    const nested = Array.from({ length: 40 }, (_, i) => `<a xmlns:p${i}='u' xmlns:q${i}='u'>`);
    expect(errorOf(nested.join(''))).toBe(POLICY);
  });

  test('new limits hold for the frames that follow', () => {
    const recorder = new Recorder().write(HEADER).write('<a><b/></a>');
    recorder.parser.setLimits({ ...LIMITS, depth: 1 });
    expect(recorder.write('<a/>').error).toBe('');
    expect(recorder.write('<a><b/></a>').error).toBe(POLICY);
  });
});
