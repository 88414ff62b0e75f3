import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ProxyHeaderError, readProxyHeader } from '../../src/transports/proxy-header.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V4 = 'c0000207' + 'c6336401' + 'dc04' + '1466';
const V6 = '20010db8000000000000000000000007' + '00000000000000000000000000000001' + 'dc041466';

/** A binary header: command and family as hex, then the block behind the length. */
function binary(commandAndFamily: string, block: string): Buffer {
  const length = (block.length / 2).toString(16).padStart(4, '0');
  return Buffer.from(SIGNATURE + commandAndFamily + length + block, 'hex');
}

const text = (line: string) => Buffer.from(`${line}\r\n`);

/** What came first of a client, to be left alone. */
const MORE = Buffer.from('<stream:stream');

describe('a header', () => {
  test.each<[string, Buffer, string | null]>([
    ['v1, IPv4', text('PROXY TCP4 192.0.2.7 198.51.100.1 56324 5222'), '192.0.2.7'],
    ['v1, IPv6', text('PROXY TCP6 2001:db8::7 ::1 1 65535'), '2001:db8::7'],
    ['v1, IPv4 in IPv6', text('PROXY TCP6 ::ffff:192.0.2.7 ::1 1 5222'), '192.0.2.7'],
    ['v1, unknown', text('PROXY UNKNOWN'), null],
    ['v1, unknown with words', text('PROXY UNKNOWN 1.2.3.4 and what not'), null],
    ['v2, IPv4', binary('2111', V4), '192.0.2.7'],
    ['v2, IPv4 with values behind', binary('2111', `${V4}0400030102030500010a`), '192.0.2.7'],
    ['v2, IPv6', binary('2121', V6), '2001:db8::7'],
    [
      'v2, IPv4 in IPv6',
      binary('2121', `${'00'.repeat(10)}ffffc0000207${V6.slice(32)}`),
      '192.0.2.7',
    ],
    ['v2, of the proxy itself', binary('2000', ''), null],
    ['v2, of the proxy itself with addresses', binary('2011', V4), null],
    ['v2, of the proxy itself with a family that is none', binary('20ff', V4), null],
    ['v2, no family', binary('2100', ''), null],
    ['v2, a Unix socket', binary('2131', '2f'.repeat(216)), null],
  ])('%s is read however it is cut, and no further', (_, header, address) => {
    const whole = Buffer.concat([header, MORE]);
    for (let length = 0; length < header.length; length++) {
      expect(readProxyHeader(whole.subarray(0, length))).toBeNull();
    }
    const expected = { address, length: header.length };
    expect(readProxyHeader(header)).toEqual(expected);
    expect(readProxyHeader(whole)).toEqual(expected);
  });

  test.each<[string, Buffer]>([
    ['is not there', MORE],
    ['is of another protocol', Buffer.from('GET / HTTP/1.1\r\n')],
    ['has a signature that is almost right', Buffer.from('0d0a0d0a000d0a515549540d', 'hex')],
    ['has a family that is none', text('PROXY TCP5 192.0.2.7 198.51.100.1 1 2')],
    ['has an address of another family', text('PROXY TCP4 2001:db8::7 ::1 1 2')],
    ['has an address with a zone', text('PROXY TCP6 fe80::1%eth0 ::1 1 2')],
    ['has an address that is none', text('PROXY TCP4 192.0.2.256 198.51.100.1 1 2')],
    ['has a name for an address', text('PROXY TCP4 constructor __proto__ 1 2')],
    ['has a family of Object', text('PROXY constructor 192.0.2.7 198.51.100.1 1 2')],
    ['lacks a port', text('PROXY TCP4 192.0.2.7 198.51.100.1 1')],
    ['has a port that is none', text('PROXY TCP4 192.0.2.7 198.51.100.1 65536 2')],
    ['has a port with a zero before it', text('PROXY TCP4 192.0.2.7 198.51.100.1 01 2')],
    ['has two spaces', text('PROXY  TCP4 192.0.2.7 198.51.100.1 1 2')],
    ['has more than it should', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3')],
    ['does not end within 107 bytes', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
    ['ends just behind 107 bytes', text(`PROXY UNKNOWN ${'x'.repeat(92)}`)],
    ['is of version 1 in binary', binary('1111', V4)],
    ['is of version 3', binary('3111', V4)],
    ['has a command that is none', binary('2211', V4)],
    ['has datagrams', binary('2112', V4)],
    ['has a family that is none in binary', binary('2141', V4)],
    ['has an IPv4 block that is too short', binary('2111', V4.slice(2))],
    ['has an IPv6 block that is too short', binary('2121', V4)],
    ['announces more than 16 KiB', Buffer.from(`${SIGNATURE}2111fff0`, 'hex')],
  ])('that %s is refused', (_, bytes) => {
    expect(() => readProxyHeader(bytes)).toThrow(ProxyHeaderError);
  });

  test('is read or refused, whatever follows a beginning that is right', () => {
    const starts = fc.constantFrom(Buffer.from('PROXY '), Buffer.from(SIGNATURE, 'hex'));
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        const bytes = Buffer.concat([start, rest]);
        try {
          const header = readProxyHeader(bytes);
          expect(header === null || header.length <= bytes.length).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProxyHeaderError);
        }
      }),
    );
  });
});
