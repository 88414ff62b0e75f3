import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { prepareDomain } from '../../src/xmpp/domain.ts';
import { JidError } from '../../src/xmpp/jid-error.ts';

describe('domains', () => {
  test.each([
    ['a host name', 'conference.example.com', 'conference.example.com'],
    ['a single label', 'localhost', 'localhost'],
    ['capitals', 'Example.COM', 'example.com'],
    ['a trailing dot', 'example.com.', 'example.com'],
    ['an ideographic trailing dot', '例え。テスト。', '例え.テスト'],
    ['a U-label', 'bücher.example', 'bücher.example'],
    ['an A-label', 'XN--bcher-kva.example', 'bücher.example'],
    ['letter and mark apart', 'bu\u0308cher.example', 'bücher.example'],
    ['fullwidth letters', 'ｅｘａｍｐｌｅ.com', 'example.com'],
    ['Kelvin sign', '\u212aelvin.example', 'kelvin.example'],
    ['long s', '\u017fmall.example', 'small.example'],
    ['a ligature', '\ufb01le.example', 'file.example'],
    ['a soft hyphen', 'exam\u00adple.com', 'example.com'],
    ['sharp s', 'faß.example', 'faß.example'],
    ['final sigma', 'βόλος.example', 'βόλος.example'],
    ['a right-to-left name', 'אבג.דהו', 'אבג.דהו'],
    ['a middle dot between two l', 'col·legi.example', 'col·legi.example'],
    ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
    ['an IPv6 address', '[2001:DB8:0:0:0:0:0:1]', '[2001:db8::1]'],
    ['an IPv6 address with IPv4 in it', '[::ffff:192.0.2.1]', '[::ffff:c000:201]'],
  ])('%s: %j is %j [RFC7622 3.2]', (_, text, prepared) => {
    expect(prepareDomain(text)).toBe(prepared);
    expect(prepareDomain(prepared)).toBe(prepared);
  });

  test.each([
    ['nothing', ''],
    ['a dot alone', '.'],
    ['two trailing dots', 'example.com..'],
    ['an empty label', 'example..com'],
    ['a space', 'exam ple.com'],
    ['an underscore', 'my_host.example'],
    ['a port', 'example.com:5222'],
    ['a hyphen at the edge', '-example.com'],
    ['reserved hyphens', 'ab--cd.example'],
    ['an A-label of nothing', 'xn--.example'],
    ['an A-label that decodes to ASCII', 'xn--example-.com'],
    ['an A-label that does not decode', 'xn--a-ecp.ru'],
    ['a symbol', 'i♥ny.example'],
    ['an emoji', '\u{1f600}.example'],
    ['a mark at the beginning', '\u0301a.example'],
    ['both writing directions in a label', 'aא.example'],
    ['a label of digits beside right-to-left ones', '1a-.אבג'],
    ['a joiner without its context', 'a\u200db.example'],
    ['a middle dot elsewhere', 'a·b.example'],
    ['an unassigned character', 'a\u0378.example'],
    ['a lone surrogate', 'a\ud800.example'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example`],
    ['a U-label that is long in ASCII', `${'ü'.repeat(60)}.example`],
    ['an IPv4 address in brackets', '[192.0.2.1]'],
    ['an IPv6 address with a zone', '[fe80::1%25eth0]'],
    ['an IPv6 address that is not closed', '[::1'],
    ['something behind an IPv6 address', '[::1].example'],
    ['a bare IPv6 address', '2001:db8::1'],
  ])('%s: %j is refused [RFC7622 3.2]', (_, text) => {
    expect(() => prepareDomain(text)).toThrow(JidError);
  });

  test('look-alikes are two domains, each stable', () => {
    const latin = prepareDomain('apple.example');
    const cyrillic = prepareDomain('аррӏе.example');
    expect(cyrillic).not.toBe(latin);
    expect(prepareDomain('xn--80ak6aa92e.example')).toBe(cyrillic);
  });

  test('1023 bytes are a domain, more are none [RFC7622 3.2]', () => {
    const longest = `${'a.'.repeat(511)}a`;
    expect(prepareDomain(longest)).toBe(longest);
    expect(() => prepareDomain(`${longest}a`)).toThrow('too long');
    expect(() => prepareDomain(`${'ü.'.repeat(400)}a`)).toThrow('too long');
  });

  test('100 KB are refused before they are looked at', () => {
    expect(() => prepareDomain('xn--'.repeat(25_000))).toThrow('the domain is too long');
    expect(() => prepareDomain('['.repeat(100_000))).toThrow('the domain is too long');
  });

  test('what is prepared once stays as it is', () => {
    const units = ['a', 'B', '1', '-', '.', 'xn--', 'ü', '\u0308', '\u00df', '\u03c2', '\u3002'];
    const more = ['\u200c', '\u094d', '\u0628', '\u05d0', '\u13a0', '\u212a', '\u00ad', '·', 'l'];
    const unit = fc.constantFrom(...units, ...more);
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 14 }), (text) => {
        const once = attempt(text);
        if (once !== undefined) expect(prepareDomain(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
  });
});

function attempt(text: string): string | undefined {
  try {
    return prepareDomain(text);
  } catch (error) {
    expect(error).toBeInstanceOf(JidError);
    return undefined;
  }
}
