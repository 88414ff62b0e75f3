import { expect, test } from '@jest/globals';
import { NonzaTable } from '../../src/server/nonza-table.ts';

const NS = 'urn:example:lights';
const on = { name: 'on', xmlns: NS, take: () => {} };

test('finds the handler of exactly this namespace and name', () => {
  const table = new NonzaTable();
  table.add(on, 'lights');
  expect(table.find(NS, 'on')).toBe(on);
  expect(table.find(NS, 'off')).toBeUndefined();
  expect(table.find('urn:example:heating', 'on')).toBeUndefined();
});

test('refuses a second handler for one element and names both modules', () => {
  const table = new NonzaTable();
  table.add(on, 'lights');
  expect(() => table.add(on, 'heating')).toThrow(/modules lights and heating both take/);
});

test('tells who takes what', () => {
  const table = new NonzaTable();
  table.add(on, 'lights');
  expect(table.describe()).toEqual([`nonza {${NS}}on: lights`]);
});
