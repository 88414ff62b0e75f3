import { expect, test } from '@jest/globals';
import { compareConfigs, withLiveParts } from '../../../src/server/config/changes.ts';
import { parseConfig } from '../../../src/server/config/load.ts';

const read = (signIn: string) =>
  parseConfig('/etc/epode.yaml', `hosts: { a.example: { signIn: ${signIn} } }`, 'unchecked');

test('an anonymous host has one mechanism, and keeps no names', () => {
  const [host] = read(
    '{ anonymous: true, mechanisms: [PLAIN], clientCertificates: { ca: ca.pem } }',
  ).hosts;
  expect(host).toMatchObject({ kind: 'anonymous', clientAuthority: null });
  expect(host?.accounts.nameRetirement).toBe(0);
  expect(host?.policy.mechanisms).toEqual(['ANONYMOUS']);
});

test('whether a host is anonymous changes with a restart alone', () => {
  const [before, after] = [read('{}'), read('{ anonymous: true, maxAttempts: 3 }')];
  const needsRestart = ['signIn.anonymous (a.example)'];
  expect(compareConfigs(before, after, () => false)).toEqual({ live: [], needsRestart });
  expect(withLiveParts(before, after, () => false).hosts).toEqual(before.hosts);
});

test('the authority of client certificates changes while the server runs', () => {
  const [before, after] = [read('{}'), read('{ clientCertificates: { ca: ca.pem } }')];
  expect(compareConfigs(before, after, () => false)).toEqual({
    live: ['signIn (a.example)'],
    needsRestart: [],
  });
  expect(withLiveParts(before, after, () => false).hosts[0]?.clientAuthority).toBe('/etc/ca.pem');
});
