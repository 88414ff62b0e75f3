import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseElement } from '../../src/xml/element.ts';
import {
  isKnownHash,
  isUnambiguous,
  verificationString,
  verOf,
} from '../../src/xmpp/capabilities.ts';
import { type DiscoInfo, decodeDiscoInfo, encodeDiscoInfo } from '../../src/xmpp/disco-info.ts';
import { dataForm, makeField, makeForm } from '../../src/xmpp/forms.ts';

const INFO = 'http://jabber.org/protocol/disco#info';

const EXODUS = `
  <identity category='client' name='Exodus 0.9.1' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/>
  <feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/>
  <feature var='http://jabber.org/protocol/muc'/>`;

const PSI = `
  <identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/>
  <feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/>
  <feature var='http://jabber.org/protocol/muc'/>
  ${form("<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>", 'result')}`;

function form(type: string, kind: string): string {
  return `
    <x xmlns='jabber:x:data' type='${kind}'>
      <field var='software_version'><value>0.11</value></field>
      <field var='ip_version' type='text-multi'><value>ipv6</value><value>ipv4</value></field>
      ${type}
      <field var='os'><value>Mac</value></field>
      <field var='os_version'><value>10.5.1</value></field>
      <field var='software'><value>Psi</value></field>
    </x>`;
}

function read(children: string): DiscoInfo {
  return decodeDiscoInfo(parseElement(`<query xmlns='${INFO}'>${children}</query>`));
}

function feature(name: string): string {
  return `<feature var='${name}'/>`;
}

function typed(type: string, fields = ''): string {
  const field = `<field var='FORM_TYPE' type='hidden'><value>${type}</value></field>`;
  return `<x xmlns='jabber:x:data' type='result'>${field}${fields}</x>`;
}

const PERSON = "<identity category='client' type='pc'/>";

describe('the verification string', () => {
  test('of the simple example [XEP-0115 5.2]', () => {
    expect(verOf(read(EXODUS), 'sha-1')).toBe('QgayPKawpkPSDYmwT/WM94uAlu0=');
  });

  test('of the complex example, whatever the order is [XEP-0115 5.3]', () => {
    const info = read(PSI);
    expect(verificationString(info)).toBe(
      'client/pc/el/Ψ 0.11<client/pc/en/Psi 0.11<' +
        'http://jabber.org/protocol/caps<http://jabber.org/protocol/disco#info<' +
        'http://jabber.org/protocol/disco#items<http://jabber.org/protocol/muc<' +
        'urn:xmpp:dataforms:softwareinfo<ip_version<ipv4<ipv6<os<Mac<os_version<10.5.1<' +
        'software<Psi<software_version<0.11<',
    );
    expect(verOf(info, 'sha-1')).toBe('q07IKJEyjvHSyhy//CH0CxmKi8w=');
  });

  test.each([
    ['sha-1', 28],
    ['sha-256', 44],
    ['sha-512', 88],
  ])('is hashed with %s', (hash, length) => {
    expect(isKnownHash(hash)).toBe(true);
    expect(verOf(read(EXODUS), hash)).toHaveLength(length);
  });

  test.each(['md5', 'SHA-1', 'sha1', '', '__proto__', 'constructor'])(
    'is not hashed with %j',
    (hash) => {
      expect(isKnownHash(hash)).toBe(false);
      expect(() => verOf(read(EXODUS), hash)).toThrow(RangeError);
    },
  );

  test('sorts by category, type and language, one by one', () => {
    const identities = [
      "<identity category='a!' type='x'/>",
      "<identity category='a' type='x' xml:lang='en'/>",
      "<identity category='a' type='x!'/>",
      "<identity category='a' type='x' name='z'/>",
    ];
    expect(verificationString(read(identities.join('')))).toBe('a/x//z<a/x/en/<a/x!//<a!/x//<');
  });

  test('sorts by octets, not by UTF-16 [RFC4790 9.3]', () => {
    const info = read(['\u{1f600}', '\uff5e', 'z', 'Z'].map(feature).join(''));
    expect(verificationString(info)).toBe('Z<z<\uff5e<\u{1f600}<');
  });

  test('is of character data as it is decoded', () => {
    expect(verificationString(read(feature('a&lt;b&amp;c')))).toBe('a<b&c<');
  });
});

describe('forms [XEP-0115 5.4]', () => {
  test.each([
    ['without a FORM_TYPE', form('', 'result')],
    [
      'whose FORM_TYPE is not hidden',
      form("<field var='FORM_TYPE'><value>urn:x</value></field>", 'result'),
    ],
    ['whose FORM_TYPE is empty', form("<field var='FORM_TYPE' type='hidden'/>", 'result')],
  ])('%s do not count', (_, ignored) => {
    expect(verificationString(read(EXODUS + ignored))).toBe(verificationString(read(EXODUS)));
  });

  test('are sorted by FORM_TYPE', () => {
    const forms = [typed('b', "<field var='x'><value>1</value></field>"), typed('a')];
    expect(verificationString(read(forms.join('')))).toBe('a<b<x<1<');
  });

  test('may say their FORM_TYPE twice if it is the same', () => {
    const twice =
      "<field var='FORM_TYPE' type='hidden'><value>urn:x</value><value>urn:x</value></field>";
    expect(verificationString(read(form(twice, 'result')))).toMatch(/^urn:x<ip_version</);
  });
});

describe('a set is ill-formed [XEP-0115 5.4]', () => {
  const identity = "<identity category='client' type='pc' name='A' xml:lang='en'/>";
  test.each([
    ['two identities that are the same', identity + identity],
    ['two features that are the same', feature('a') + feature('b') + feature('a')],
    ['two forms of one FORM_TYPE', typed('a') + typed('b') + typed('a')],
    [
      'one form of two FORM_TYPEs',
      typed('a', "<field var='FORM_TYPE' type='hidden'><value>b</value></field>"),
    ],
    ['a form that is none', "<x xmlns='jabber:x:data'/>"],
  ])('with %s', (_, children) => {
    expect(verificationString(read(children))).toBeNull();
    expect(verOf(read(children), 'sha-1')).toBeNull();
  });

  test('unless the identities differ in name or language', () => {
    const others = [identity.replace("'A'", "'B'"), identity.replace("'en'", "'de'")];
    expect(verificationString(read([identity, ...others].join('')))).not.toBeNull();
  });
});

const word = fc.stringMatching(/^[a-z:/.<#]{1,8}$|^[\u{1f600}\uff5e]{1,2}$/u);
const words = fc.uniqueArray(word, { maxLength: 6 });
const identity = fc.record({ category: word, type: word, lang: word, name: word });
const discoForm = fc
  .record({ type: word, fields: fc.dictionary(word, words, { maxKeys: 4 }) })
  .map(({ type, fields }) => ({
    type,
    fields: Object.entries(fields).map(([name, values]) => ({ name, values })),
  }));
type PlainForm = { type: string; fields: { name: string; values: string[] }[] };

function encodeForm({ type, fields }: PlainForm) {
  const parts = {
    fields: fields.map(({ name, values }) => makeField(name, 'text-multi', { values })),
  };
  return dataForm.encode(makeForm('result', type, parts));
}

const plain = fc.record({
  identities: fc.uniqueArray(identity, { maxLength: 4, selector: (one) => JSON.stringify(one) }),
  features: words,
  forms: fc.uniqueArray(discoForm, { maxLength: 3, selector: ({ type }) => type }),
});

describe('any set', () => {
  test('has one string, in whatever order it is told', () => {
    fc.assert(
      fc.property(plain, fc.infiniteStream(fc.nat()), ({ identities, features, forms }, chance) => {
        const shuffle = <T>(values: readonly T[]): T[] =>
          values
            .map((value) => ({ value, at: chance.next().value as number }))
            .sort((one, other) => one.at - other.at)
            .map(({ value }) => value);
        const told = { identities, features, forms: forms.map(encodeForm) };
        const other = {
          identities: shuffle(identities),
          features: shuffle(features),
          forms: shuffle(forms).map(({ type, fields }) =>
            encodeForm({
              type,
              fields: shuffle(fields).map(({ name, values }) => ({
                name,
                values: shuffle(values),
              })),
            }),
          ),
        };
        expect(verificationString(told)).not.toBeNull();
        expect(verificationString(other)).toBe(verificationString(told));
      }),
    );
  });

  test('survives the way over the wire', () => {
    fc.assert(
      fc.property(plain, word, ({ identities, features, forms }, node) => {
        const told = { identities, features, forms: forms.map(encodeForm) };
        const query = parseElement(encodeDiscoInfo(told, node).toString());
        expect(query.attrs.node).toBe(node);
        expect(verificationString(decodeDiscoInfo(query))).toBe(verificationString(told));
      }),
    );
  });

  test('is ill-formed as soon as a feature is there twice', () => {
    fc.assert(
      fc.property(plain, fc.nat(), ({ features, ...rest }, at) => {
        fc.pre(features.length > 0);
        const twice = [...features, features[at % features.length] as string];
        const info = { ...rest, features: twice, forms: rest.forms.map(encodeForm) };
        expect(verificationString(info)).toBeNull();
      }),
    );
  });
});

describe('a set is believed of others only if nothing else has its string [XEP-0115 9.3]', () => {
  test('as with an ordinary client, also with a form', () => {
    expect(isUnambiguous(read(EXODUS))).toBe(true);
    expect(isUnambiguous(read(PSI + feature('urn:xmpp:ping')))).toBe(true);
  });

  const forgeries: [string, string][] = [
    ['a feature hides in another', PERSON + feature('a&lt;b')],
    ['a feature hides in a name', "<identity category='client' type='pc' name='x&lt;a'/>"],
    ['a feature hides in a type', "<identity category='client' type='pc&lt;a'/>"],
    [
      'a feature hides in a value',
      PERSON + feature('z') + typed('a', "<field var='b'><value>c&lt;d</value></field>"),
    ],
    ['a feature hides in a FORM_TYPE', PERSON + feature('z') + typed('a&lt;b')],
    [
      'a feature poses as an identity',
      "<identity category='http:' type='' xml:lang='x' name='y'/>",
    ],
    ['a category with a slash', "<identity category='a/b' type='c'/>"],
    ['the last feature poses as a form', PERSON + feature('a') + typed('b')],
    ['all features pose as a form', PERSON + typed('a')],
    ['no identity', feature('a')],
  ];
  test.each(forgeries)('%s', (_, children) => {
    expect(verificationString(read(children))).not.toBeNull();
    expect(isUnambiguous(read(children))).toBe(false);
  });

  test('no feature can be taken from a client by passing it off as a form', () => {
    const features = fc.uniqueArray(fc.stringMatching(/^[a-z:]{1,6}$/), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(features, fc.nat(), fc.nat(), (unsorted, first, second) => {
        const identities = [{ category: 'client', type: 'pc' }];
        const all = unsorted.toSorted();
        const cut = first % all.length;
        const [type = '', ...rest] = all.slice(cut);
        const fields = splitAt(rest, rest.length === 0 ? 0 : second % rest.length);
        const forged = {
          identities,
          features: all.slice(0, cut),
          forms: [encodeForm({ type, fields })],
        };
        const honest = { identities, features: all, forms: [] };
        expect(verOf(forged, 'sha-1')).toBe(verOf(honest, 'sha-1'));
        expect(isUnambiguous(honest)).toBe(true);
        expect(isUnambiguous(forged)).toBe(false);
      }),
    );
  });
});

/** One or two fields with the rest as values. */
function splitAt(names: readonly string[], at: number): PlainForm['fields'] {
  return [names.slice(0, at), names.slice(at)]
    .filter((part) => part.length > 0)
    .map(([name = '', ...values]) => ({ name, values }));
}
