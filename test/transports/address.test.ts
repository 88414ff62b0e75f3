import { describe, expect, test } from '@jest/globals';
import { isLoopback, peerKey, plainAddress } from '../../src/transports/address.ts';

test.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.0.2.127', false],
  ['::ffff:192.0.2.1', false],
  ['2001:db8::1', false],
  ['', false],
])('whether %s is loopback: %p', (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});

test('an IPv4 address in IPv6 is shown as IPv4', () => {
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
});

describe('one peer for limits is', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:db8::6', '2001:db8:0:0::/64'],
    ['2001:db8::3:4:5:6', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1:2%eth0', 'fe80:0:0:0::/64'],
  ])('%s: %s', (address, key) => {
    expect(peerKey(address)).toBe(key);
  });
});
