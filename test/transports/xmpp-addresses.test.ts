import { X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { derElements } from '../../src/transports/der.ts';
import { xmppAddresses } from '../../src/transports/xmpp-addresses.ts';
import { Authority, der, dnsName, xmppAddress } from '../support/authority.ts';

test('[RFC6120 13.7.1.4] all addresses of a certificate are found, and nothing else', async () => {
  const names = [dnsName('a.example'), xmppAddress('a@a.example'), xmppAddress('ö@b.example')];
  const { cert } = await (await Authority.found()).issue(names);
  expect(xmppAddresses(new X509Certificate(cert).raw)).toEqual(['a@a.example', 'ö@b.example']);
});

test('whatever the bytes are, reading them ends, and stays within them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const found = derElements(Buffer.from(bytes));
      const length = found.reduce((sum, { contents }) => sum + contents.length + 2, 0);
      expect(length).toBeLessThanOrEqual(bytes.length);
      expect(xmppAddresses(Buffer.from(bytes))).toEqual([]);
    }),
  );
});

test('elements of any length are read as they were written', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_536]) {
    const contents = Buffer.alloc(length, 7);
    const twice = Buffer.concat([der(4, contents), der(5, contents)]);
    expect(derElements(twice)).toEqual([
      { tag: 4, contents },
      { tag: 5, contents },
    ]);
  }
});
