import { expect, test } from '@jest/globals';
import { Hashing, HashingBusyError } from '../../../src/stream/sasl/hashing.ts';

const salt = Buffer.from('4125c247e43ab1e93c6dff76', 'hex');

test('[RFC5802 3] salts a password', async () => {
  const salted = await new Hashing().salt('SHA-1', 'pencil', salt, 4096);
  expect(salted.toString('hex')).toBe('1d96ee3a529b5a5f9e47c01f229a2cb8a6e15f7d');
});

test('runs what waits, in order, and takes more afterwards', async () => {
  const hashing = new Hashing(1, 2);
  const order: number[] = [];
  const run = (each: number) => hashing.salt('SHA-1', 'x', salt, 1).then(() => order.push(each));
  const all = [run(1), run(2), run(3)];
  expect(hashing.waiting).toBe(2);
  await Promise.all(all);
  expect(hashing.waiting).toBe(0);
  await run(4);
  expect(order).toEqual([1, 2, 3, 4]);
});

test('refuses what would be too many to wait', async () => {
  const hashing = new Hashing(1, 1);
  const first = hashing.salt('SHA-1', 'x', salt, 1);
  const second = hashing.salt('SHA-1', 'x', salt, 1);
  await expect(hashing.salt('SHA-1', 'x', salt, 1)).rejects.toBeInstanceOf(HashingBusyError);
  await Promise.all([first, second]);
  await expect(hashing.salt('SHA-1', 'x', salt, 1)).resolves.toHaveLength(20);
});
