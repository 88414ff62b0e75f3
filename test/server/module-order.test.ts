import { describe, expect, test } from '@jest/globals';
import { service } from '../../src/lib/token.ts';
import { defineModule, type ModuleDefinition } from '../../src/server/module.ts';
import { orderModules } from '../../src/server/module-order.ts';

const Clocks = service<object>('clocks');

function named(name: string, rest: Partial<ModuleDefinition> = {}): ModuleDefinition {
  return defineModule({ name, summary: '', setup: () => ({}), ...rest });
}

function namesOf(modules: readonly ModuleDefinition[]): string[] {
  return orderModules(modules).map(({ name }) => name);
}

describe('the order of modules', () => {
  test('is by name where nothing else is said', () => {
    expect(namesOf([named('c'), named('a'), named('b')])).toEqual(['a', 'b', 'c']);
  });

  test('puts a module behind those that it names', () => {
    expect(namesOf([named('a', { after: ['c'] }), named('b'), named('c')])).toEqual([
      'c',
      'a',
      'b',
    ]);
  });

  test('passes over names that are not loaded', () => {
    expect(namesOf([named('a', { after: ['absent'] })])).toEqual(['a']);
  });

  test('puts a module behind the provider of what it needs', () => {
    const modules = [named('a', { needs: [Clocks] }), named('z', { provides: [Clocks] })];
    expect(namesOf(modules)).toEqual(['z', 'a']);
  });

  test('refuses a need that nobody meets, by name', () => {
    expect(() => orderModules([named('a', { needs: [Clocks] })])).toThrow(
      'module a needs clocks, which no module here provides',
    );
  });

  test('refuses a circle, by names', () => {
    const modules = [named('a', { after: ['b'] }), named('b', { after: ['a'] })];
    expect(() => orderModules(modules)).toThrow('modules wait for each other: a -> b -> a');
  });

  test('is the same whatever order they are listed in', () => {
    const modules = [
      named('a', { needs: [Clocks] }),
      named('b', { after: ['d'] }),
      named('c', { provides: [Clocks] }),
      named('d'),
    ];
    expect(namesOf(modules.toReversed())).toEqual(namesOf(modules));
  });
});
