import { beforeEach, describe, expect, test } from '@jest/globals';
import { keepUnsent, readUnsent } from '../../web/src/chat/unsent.ts';

const JULIET = 'juliet@capulet.example';
const KEY = 'epode.unsent';
const items = new Map<string, string>();
const storage = {
  getItem: (key: string) => items.get(key) ?? null,
  removeItem: (key: string) => void items.delete(key),
  setItem: (key: string, value: string) => void items.set(key, value),
};

function posted(id: number, body = '') {
  return { message: { id: `${id}`, to: 'romeo@montague.example', body }, time: id };
}

describe('what waits to be sent', () => {
  beforeEach(() => {
    items.clear();
    Object.assign(globalThis, { sessionStorage: storage });
  });

  test('is there after a reload, in its order', () => {
    keepUnsent(JULIET, [posted(1, 'a'), posted(2, 'b')]);
    expect(readUnsent(JULIET)).toEqual([posted(1, 'a'), posted(2, 'b')]);
  });

  test('leaves nothing behind once all is sent', () => {
    keepUnsent(JULIET, [posted(1)]);
    keepUnsent(JULIET, []);
    expect(items.size).toBe(0);
  });

  test('is nobody else’s, and gone where somebody else signs in', () => {
    keepUnsent(JULIET, [posted(1)]);
    expect(readUnsent('nurse@capulet.example')).toEqual([]);
    expect(readUnsent(JULIET)).toEqual([]);
  });

  test('is bounded in number and length, and the newest stay', () => {
    keepUnsent(
      JULIET,
      Array.from({ length: 150 }, (_, id) => posted(id)),
    );
    const kept = readUnsent(JULIET);
    expect([kept.length, kept.at(-1)?.time]).toEqual([100, 149]);
    keepUnsent(JULIET, [posted(1, 'x'.repeat(300_000)), posted(2, 'y'.repeat(300_000))]);
    expect(readUnsent(JULIET).map(({ time }) => time)).toEqual([2]);
    keepUnsent(JULIET, [posted(3, 'z'.repeat(600_000))]);
    expect(items.size).toBe(0);
  });

  test('is given up where the tab has no room', () => {
    Object.assign(globalThis, {
      sessionStorage: {
        ...storage,
        setItem: () => {
          throw new Error('QuotaExceededError');
        },
      },
    });
    keepUnsent(JULIET, [posted(1)]);
    expect(readUnsent(JULIET)).toEqual([]);
  });

  test.each([
    ['{'],
    ['null'],
    [JSON.stringify({ jid: JULIET })],
    [JSON.stringify({ jid: JULIET, posted: [{}, { time: 1 }, { time: 1, message: { id: 1 } }] })],
  ])('that is none is nothing: %s', (text) => {
    items.set(KEY, text);
    expect(readUnsent(JULIET)).toEqual([]);
  });
});
