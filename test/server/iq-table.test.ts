import { expect, test } from '@jest/globals';
import { IqTable } from '../../src/server/iq-table.ts';
import type { HostIqHandler } from '../../src/server/module.ts';

const ping: HostIqHandler = {
  type: 'get',
  name: 'ping',
  xmlns: 'urn:xmpp:ping',
  target: 'host',
  answer: () => null,
};

test('finds the handler of exactly this type, target, namespace and name', () => {
  const table = new IqTable();
  table.add(ping, 'ping');
  expect(table.find('get', 'host', 'urn:xmpp:ping', 'ping')).toBe(ping);
  expect(table.find('set', 'host', 'urn:xmpp:ping', 'ping')).toBeUndefined();
  expect(table.find('get', 'account', 'urn:xmpp:ping', 'ping')).toBeUndefined();
  expect(table.find('get', 'host', 'urn:xmpp:pong', 'ping')).toBeUndefined();
  expect(table.find('get', 'host', 'urn:xmpp:ping', 'pong')).toBeUndefined();
});

test('refuses a second handler for one IQ and names both modules', () => {
  const table = new IqTable();
  table.add(ping, 'ping');
  expect(() => table.add(ping, 'pong')).toThrow(/modules ping and pong both answer/);
});

test('tells who answers what', () => {
  const table = new IqTable();
  table.add(ping, 'ping');
  expect(table.describe()).toEqual(['get host {urn:xmpp:ping}ping: ping']);
});
