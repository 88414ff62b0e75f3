import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Jid, JidError, prepareLocal, prepareResource } from '../../src/xmpp/jid.ts';

describe('reading an address', () => {
  // RFC 7622 §3.5, table 1: the address, and what becomes of it where that is not the same.
  test.each([
    ['juliet@example.com'],
    ['juliet@example.com/foo'],
    ['juliet@example.com/foo bar'],
    ['juliet@example.com/foo@bar'],
    ['foo\\20bar@example.com'],
    ['fussball@example.com'],
    ['fußball@example.com'],
    ['π@example.com'],
    ['Σ@example.com/foo', 'σ@example.com/foo'],
    ['σ@example.com/foo'],
    ['ς@example.com/foo'],
    ['king@example.com/♚'],
    ['example.com'],
    ['example.com/foobar'],
    ['a.example.com/b@example.net'],
  ])('%j is one [RFC7622 3.5]', (text, prepared = text) => {
    expect(Jid.parse(text).toString()).toBe(prepared);
  });

  // RFC 7622 §3.5, table 2.
  test.each([
    ['"juliet"@example.com'],
    ['foo bar@example.com'],
    ['juliet@example.com/ foo'],
    ['@example.com/'],
    ['henryⅣ@example.com'],
    ['♚@example.com'],
    ['juliet@'],
    ['/foobar'],
  ])('%j is none [RFC7622 3.5]', (text) => {
    expect(() => Jid.parse(text)).toThrow(JidError);
  });

  test.each([[''], ['@'], ['/'], ['@/'], ['@example.com'], ['juliet@example.com/'], ['a@b@c']])(
    '%j lacks a part or has one too many [RFC7622 3.1]',
    (text) => {
      expect(() => Jid.parse(text)).toThrow(JidError);
    },
  );

  test('the first slash begins the resource, the first at sign before it ends the localpart [RFC7622 3.1]', () => {
    const jid = Jid.parse('juliet@example.com/balcony/left@night');
    expect([jid.local, jid.domain, jid.resource]).toEqual([
      'juliet',
      'example.com',
      'balcony/left@night',
    ]);
  });

  test('localpart and domain lose their case, the resource keeps it [RFC7622 3.4]', () => {
    expect(Jid.parse('Juliet@Example.COM/Balcony').toString()).toBe('juliet@example.com/Balcony');
  });

  test.each([...'"&\'/:<>@ '].map((character) => [character]))(
    'a localpart must not contain %j [RFC7622 3.3.1]',
    (character) => {
      expect(() => prepareLocal(`juliet${character}`)).toThrow(JidError);
      expect(() => prepareLocal(`é${character}`)).toThrow(JidError);
    },
  );

  test('excluded characters are excluded in fullwidth as well [RFC7622 3.3.1]', () => {
    expect(() => prepareLocal('romeo＠')).toThrow(JidError);
    expect(() => prepareLocal('romeo／x')).toThrow(JidError);
  });

  test('the error says what is wrong', () => {
    expect(() => Jid.parse('ro meo@example.com')).toThrow(
      expect.objectContaining({ text: 'the name before the @ must not contain a space' }),
    );
    expect(() => Jid.parse('ro:meo@example.com')).toThrow(
      'the name before the @ must not contain :',
    );
  });

  test.each([['__proto__'], ['constructor'], ['toString'], ['hasOwnProperty']])(
    '%s is a localpart like any other',
    (local) => {
      const jid = Jid.parse(`${local}@example.com/${local}`);
      expect(jid.local).toBe(local.toLowerCase());
      expect(jid.resource).toBe(local);
    },
  );
});

describe('lengths [RFC7622 3.2, 3.3, 3.4]', () => {
  test('1023 bytes are a part, 1024 are none', () => {
    expect(prepareLocal('a'.repeat(1023))).toHaveLength(1023);
    expect(prepareResource('a'.repeat(1023))).toHaveLength(1023);
    expect(() => prepareLocal('a'.repeat(1024))).toThrow('too long');
    expect(() => prepareResource('a'.repeat(1024))).toThrow('too long');
  });

  test('bytes count, not characters', () => {
    expect(prepareLocal('π'.repeat(511))).toHaveLength(511);
    expect(() => prepareLocal('π'.repeat(512))).toThrow('too long');
  });

  test('what counts is the length after preparation', () => {
    expect(prepareLocal('ａ'.repeat(1023))).toBe('a'.repeat(1023));
    expect(() => prepareLocal('ａ'.repeat(1024))).toThrow('too long');
  });

  test('the longest address is one', () => {
    const domain = `${'a.'.repeat(511)}a`;
    const text = `${'l'.repeat(1023)}@${domain}/${'r'.repeat(1023)}`;
    expect(Jid.parse(text).toString()).toBe(text);
  });

  test.each([
    ['letters', 'a'],
    ['at signs', '@'],
    ['slashes', '/'],
    ['labels', 'a-.'],
    ['letters that are prepared', 'ﷺ'],
  ])('100 KB of %s are refused before they are looked at', (_, unit) => {
    const text = unit.repeat(100_000 / unit.length);
    // Whoever looked at the characters first would find another fault in most of these.
    for (const read of [Jid.parse, prepareLocal, prepareResource]) {
      expect(() => read(text)).toThrow('too long');
    }
  });
});

describe('an address', () => {
  const full = Jid.parse('juliet@example.com/balcony');

  test('knows its bare form', () => {
    expect(full.isBare).toBe(false);
    expect(full.bareString).toBe('juliet@example.com');
    expect(full.bare.toString()).toBe('juliet@example.com');
    expect(full.bare).toBe(full.bare);
    expect(full.bare.isBare).toBe(true);
    expect(full.bare.bare).toBe(full.bare);
    expect(Jid.parse('example.com/x').bareString).toBe('example.com');
  });

  test('takes another resource', () => {
    expect(full.withResource('Orchard').toString()).toBe('juliet@example.com/Orchard');
    expect(full.withResource('Orchard').bareString).toBe('juliet@example.com');
    expect(full.withResource('').equals(full.bare)).toBe(true);
    expect(() => full.withResource('\u0007')).toThrow(JidError);
  });

  test('equals its like', () => {
    expect(full.equals(Jid.parse('JULIET@example.com./balcony'))).toBe(true);
    expect(full.equals(Jid.of('juliet', 'example.com', 'balcony'))).toBe(true);
    expect(full.equals(Jid.parse('juliet@example.com/Balcony'))).toBe(false);
    expect(full.equals(Jid.parse('romeo@example.com/balcony'))).toBe(false);
    expect(full.equals(Jid.parse('juliet@example.net/balcony'))).toBe(false);
  });

  test('is made of parts, prepared or as they are', () => {
    expect(Jid.make('Juliet', 'Example.com', 'Balcony').toString()).toBe(
      'juliet@example.com/Balcony',
    );
    expect(Jid.make('', 'example.com').toString()).toBe('example.com');
    expect(() => Jid.make('a b', 'example.com')).toThrow(JidError);
    expect(Jid.of('Juliet', 'Example.com').toString()).toBe('Juliet@Example.com');
  });

  test('is written into JSON as its text', () => {
    expect(JSON.stringify({ to: full })).toBe('{"to":"juliet@example.com/balcony"}');
  });

  test('is remembered', () => {
    expect(Jid.parse('juliet@example.com/balcony')).toBe(full);
  });
});

describe('what is prepared once stays as it is [RFC8264 7]', () => {
  const tricky = fc.constantFrom(
    ...['a', 'Z', '1', '.', '-', '@', '/', ' ', 'xn--', '\u00ad', '\u200c', '\u200d', '\u094d'],
    ...['\u0628', '\u05d0', '\u0130', '\u03a3', '\u3002', '[', ']', ':', '\ufdfa', '\u0660'],
    ...['\u06f0', '\u00b7', 'l', '\u0301', '\u0316', '\u1100', '\u1161', '\uff76', '\uff9e'],
    ...['\u13a0', '\uab70', '\u{1f600}', '\u{118a0}', '\ud800', '\u00df', '\u0345', '\u0378'],
  );
  const anyText = fc.oneof(
    fc.string({ unit: tricky, minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  );

  function attempt(prepare: () => string): string | undefined {
    try {
      return prepare();
    } catch (error) {
      expect(error).toBeInstanceOf(JidError);
      return undefined;
    }
  }

  test('localpart and resource', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(prepareLocal, prepareResource), (text, prepare) => {
        const once = attempt(() => prepare(text));
        if (once !== undefined) expect(prepare(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });

  test('a whole address reads back as itself, or is refused with a JidError', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (local, domain, resource) => {
        for (const text of [domain, `${local}@example.com/${resource}`, `${local}@${domain}`]) {
          const once = attempt(() => Jid.parse(text).toString());
          if (once !== undefined) expect(Jid.parse(once)).toMatchObject({ ...Jid.parse(text) });
        }
      }),
      { numRuns: 3000 },
    );
  });
});
