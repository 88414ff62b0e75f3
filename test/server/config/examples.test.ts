import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/server/config/load.ts';

const files = readdirSync('conf', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml') && name !== 'alerts.yaml')
  .map((name) => `conf/${name}`);

test.each(files)('%s is a sound configuration', (file) => {
  expect(loadConfig(file, 'unchecked').hosts).not.toHaveLength(0);
});

test('the configuration as shipped serves localhost and keeps its data beside conf/', () => {
  const config = loadConfig('conf/epode.yaml', []);
  expect(config.hosts.map((host) => host.domain)).toEqual(['localhost']);
  expect(config.dataDirectory).toBe(`${process.cwd()}/data`);
  expect(config.warnings).toEqual([]);
});

test('the example for test clients lets only this machine sign in without TLS', () => {
  const config = loadConfig('conf/examples/test-clients.yaml', []);
  expect(config.listeners.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
  expect(config.warnings).toHaveLength(1);
});
