import { expect, test } from '@jest/globals';
import { bcryptCost, canonicalBcrypt, decoyOf } from '../../../src/stream/sasl/bcrypt.ts';

const REST = 'abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234';
const hash = (start: string) => start + REST;

test.each([
  ['$2a$10$', 10],
  ['$2b$04$', 4],
  ['$2y$31$', 31],
  ['$2x$10$', null],
  ['$2$10$', null],
  ['$2y$03$', null],
  ['$2y$1$', null],
  ['$1$', null],
])('a hash that begins with %s costs %p', (start, cost) => {
  expect(bcryptCost(hash(start))).toBe(cost);
});

test.each([hash('$2y$10$').slice(1), `${hash('$2y$10$')}a`, hash('$2y$10$').slice(0, -1), ''])(
  '%p is no hash',
  (text) => expect(bcryptCost(text)).toBeNull(),
);

test('a decoy costs the same and is another', () => {
  const decoy = decoyOf(hash('$2y$11$'));
  expect(bcryptCost(decoy)).toBe(11);
  expect(decoy).not.toContain(REST);
  expect(canonicalBcrypt(hash('$2y$11$'))).toBe(hash('$2b$11$'));
});
