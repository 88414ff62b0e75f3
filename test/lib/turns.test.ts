import { expect, test } from '@jest/globals';
import { Turns } from '../../src/lib/turns.ts';

test('one task begins when the one before has ended, well or not', async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const task =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const first = turns.run(task('first', true));
  const second = turns.run(task('second'));
  await expect(first).rejects.toThrow('first');
  expect(await second).toBe('second');
  expect(seen).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});
