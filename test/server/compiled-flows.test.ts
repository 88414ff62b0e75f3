import { expect, test } from '@jest/globals';
import { CompiledFlows } from '../../src/server/compiled-flows.ts';
import { DONE } from '../../src/server/flow.ts';

test('keeps handlers in the order in which modules are added', () => {
  const flows = new CompiledFlows();
  const first = () => undefined;
  const second = () => undefined;
  flows.add({ incoming: { message: { check: first } } }, 'a');
  flows.add({ incoming: { message: { check: second } } }, 'b');
  expect(flows.incoming.message.check).toEqual([first, second]);
  expect(flows.describe()).toEqual(['incoming message check: a, b']);
});

test('refuses two modules that both deliver', () => {
  const flows = new CompiledFlows();
  const parts = { incoming: { message: { deliver: () => DONE } } };
  flows.add(parts, 'a');
  expect(() => flows.add(parts, 'b')).toThrow('modules a and b both deliver an incoming message');
});
