import { Resolver } from 'node:dns/promises';
import { afterEach, expect, test } from '@jest/globals';
import { checkNames } from '../../../src/cli/doctor/names.ts';
import type { ListenerConfig } from '../../../src/server/config/config.ts';
import { serveNames, type Zone } from './name-server.ts';

const LISTENERS: readonly ListenerConfig[] = [
  { type: 'c2s', address: null, port: 5222, proxy: null },
  { type: 'c2s-tls', address: null, port: 5223, proxy: null },
];

let close = () => {};
afterEach(() => {
  close();
  close = () => {};
});

/** What is found of `a.example` where these records are all there are. */
async function check(zone: Zone, { domain = 'a.example', listeners = LISTENERS } = {}) {
  const server = await serveNames(zone);
  close = server.close;
  const resolver = new Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([server.address]);
  const findings = await checkNames(domain, listeners, resolver);
  return findings.map(({ level, message }) => `${level} ${message}`);
}

test('a domain with an address of this machine needs no more', async () => {
  expect(await check({ 'a.example A': ['127.0.0.1'] })).toEqual([
    'ok a.example: a.example leads to this machine.',
  ]);
});

test('a domain that leads nowhere is found by nobody', async () => {
  expect(await check({})).toEqual([
    'error a.example has neither addresses nor SRV records: no client finds this server.',
  ]);
});

test('an address elsewhere is right only where something leads here', async () => {
  expect(await check({ 'a.example AAAA': ['2001:0db8:0000:0000:0000:0000:0000:0001'] })).toEqual([
    'warning a.example: a.example leads to 2001:db8::1, which this machine does not have.',
  ]);
});

test('without SRV records clients try port 5222 [RFC6120 3.2.2]', async () => {
  const listeners: readonly ListenerConfig[] = [
    { type: 'c2s', address: null, port: 15222, proxy: null },
  ];
  expect(await check({ 'a.example A': ['127.0.0.1'] }, { listeners })).toEqual([
    expect.stringMatching(/^error a\.example has no SRV records, so clients try port 5222,/),
  ]);
});

test('SRV records are looked at one by one [RFC6120 3.2.1]', async () => {
  const zone = {
    '_xmpp-client._tcp.a.example SRV': ['5222 xmpp.a.example', '5229 xmpp.a.example'],
    '_xmpps-client._tcp.a.example SRV': ['5223 gone.a.example'],
    'xmpp.a.example A': ['127.0.0.1'],
  };
  const found = await check(zone);
  expect(found.sort()).toEqual([
    'error a.example: the record _xmpps-client._tcp names gone.a.example, which has no address.',
    'ok a.example: xmpp.a.example leads to this machine.',
    'ok a.example: xmpp.a.example leads to this machine.',
    'warning a.example: the record _xmpp-client._tcp says port 5229, where no listener of type c2s is.',
  ]);
});

test('a record that says there is no service is told of', async () => {
  expect(await check({ '_xmpp-client._tcp.a.example SRV': ['0 '] })).toEqual([
    'warning a.example: the record _xmpp-client._tcp says that there is no such service.',
  ]);
});

test('names beyond ASCII are asked for as the DNS has them', async () => {
  const zone = { 'xn--bcher-kva.example A': ['127.0.0.1'] };
  expect(await check(zone, { domain: 'bücher.example' })).toEqual([
    'ok bücher.example: bücher.example leads to this machine.',
  ]);
});

test('that nobody answers says nothing of the records', async () => {
  const gone = await serveNames({});
  gone.close();
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([gone.address]);
  expect(await checkNames('a.example', LISTENERS, resolver)).toEqual([
    expect.objectContaining({
      level: 'warning',
      message: 'a.example: no name server answers from here, so nothing is known of its records.',
    }),
  ]);
});

test.each(['localhost', '192.0.2.1', '[::1]'])('%s is in no DNS', async (domain) => {
  expect(await check({}, { domain })).toEqual([]);
});
