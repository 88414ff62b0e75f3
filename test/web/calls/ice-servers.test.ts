import { expect, test } from '@jest/globals';
import { iceServerOf } from '../../../web/src/calls/ice-servers.ts';

const credentials = { username: 'u', password: 'p' };

test.each([
  [{ type: 'stun', host: 'stun.example.org', port: 3478 }, { urls: 'stun:stun.example.org:3478' }],
  [{ type: 'stuns', host: '2001:db8::1' }, { urls: 'stuns:[2001:db8::1]' }],
  [
    { type: 'turn', host: 'turn.example.org', port: 3478, transport: 'udp', ...credentials },
    { urls: 'turn:turn.example.org:3478?transport=udp', username: 'u', credential: 'p' },
  ],
  [
    { type: 'turns', host: 'turn.example.org', port: 443, transport: 'tcp', ...credentials },
    { urls: 'turns:turn.example.org:443?transport=tcp', username: 'u', credential: 'p' },
  ],
])('services that browsers know are used: %j [XEP-0215 3.1]', (service, server) => {
  expect(iceServerOf(service)).toEqual(server);
});

test.each([
  { type: 'ftp', host: 'example.org' },
  { type: 'stun' },
  { type: 'turn', host: 'turn.example.org' },
  { type: 'stun', host: 'example.org?transport=tcp' },
])('others are not: %j', (service) => {
  expect(iceServerOf(service)).toBeUndefined();
});
