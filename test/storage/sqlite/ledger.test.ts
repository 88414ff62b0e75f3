import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StorageError } from '../../../src/storage/ports.ts';
import { Ledger } from '../../../src/storage/sqlite/ledger.ts';

const ERROR = new StorageError('full', 'The disk is full.', 'Free some space.');

test('whoever waits is released in order of tickets, whatever the order of asking', async () => {
  const tickets = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8]);
  await fc.assert(
    fc.asyncProperty(tickets, fc.integer({ min: 1, max: 8 }), async (asked, first) => {
      const ledger = new Ledger();
      for (let n = 0; n < 8; n++) ledger.open();
      const released: number[] = [];
      const waits = asked.map(async (ticket) => {
        await ledger.whenCommitted(ticket);
        released.push(ticket);
      });
      ledger.settle(first, []);
      await Promise.all(waits.filter((_, n) => asked[n]! <= first));
      expect(released).toEqual(asked.filter((ticket) => ticket <= first).sort((a, b) => a - b));
      ledger.settle(8, []);
      await Promise.all(waits);
      expect(released).toEqual(asked.toSorted((a, b) => a - b));
    }),
  );
});

test('a failure rejects what waits and leaves what is committed', async () => {
  const ledger = new Ledger();
  const [first, second] = [ledger.open(), ledger.open()];
  const waiting = ledger.whenCommitted(second);
  ledger.settle(first, []);
  ledger.fail(ERROR);
  await expect(waiting).rejects.toBe(ERROR);
  await ledger.whenCommitted(first);
  expect(() => ledger.assertOpen()).toThrow(/The disk is full/);
});

test('only the first failure is told', () => {
  const ledger = new Ledger();
  const heard: StorageError[] = [];
  ledger.onFailure((error) => heard.push(error));
  ledger.fail(ERROR);
  ledger.fail(new StorageError('failed', 'Another.', 'None.'));
  expect(heard).toEqual([ERROR]);
});

test('a change without effect is counted as dropped, unless its effect was asked for', () => {
  const ledger = new Ledger();
  ledger.expect(1);
  ledger.expect(2);
  ledger.settle(ledger.open(), [2, 3]);
  expect(ledger.tookEffect(1)).toBe(true);
  expect(ledger.tookEffect(2)).toBe(false);
  expect(ledger.dropped).toBe(1);
});
