import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Maybe, then } from '../../../src/lib/maybe.ts';
import { BlockSet } from '../../../src/modules/blocking/block-set.ts';
import { BlockMemory, isBlockedBy } from '../../../src/modules/blocking/memory.ts';
import { Account } from '../../../src/server/accounts.ts';
import type { BlockStore } from '../../../src/storage/ports.ts';
import { Jid } from '../../../src/xmpp/jid.ts';

const JULIET = Jid.parse('juliet@capulet.example');
const ROMEO = Jid.parse('romeo@montague.example');
const TYBALT = Jid.parse('tybalt@capulet.example');

let account: Account;
let loads: number;
let answer: () => Maybe<readonly string[]>;
let memory: BlockMemory;

beforeEach(() => {
  account = new Account(JULIET);
  loads = 0;
  answer = () => [String(ROMEO)];
  const store: BlockStore = {
    load() {
      loads++;
      return answer();
    },
    add: () => 0,
    remove: () => 0,
  };
  memory = new BlockMemory(store);
});

/** Blocks one more address, as a command does. */
function add(jid: Jid): Maybe<void> {
  return memory.use(account, (list) =>
    memory.set(account, BlockSet.of(JULIET, [...list, String(jid)])),
  );
}

const blocked = async () => [...(await memory.of(account))];

describe('a list that is at hand', () => {
  test('is read once and is there at once', () => {
    expect(isBlockedBy(account, ROMEO)).toBe(false);
    for (let time = 0; time < 3; time++) {
      expect(memory.of(account)).toBeInstanceOf(BlockSet);
      expect(isBlockedBy(account, ROMEO)).toBe(true);
      expect(isBlockedBy(account, TYBALT)).toBe(false);
    }
    expect(loads).toBe(1);
  });

  test('that is empty is kept for an account without sessions, others leave memory', () => {
    expect(memory.of(account)).not.toBe(BlockSet.NONE);
    memory.mayForget(account);
    answer = () => [];
    expect(memory.of(account)).toBe(BlockSet.NONE);
    memory.mayForget(account);
    expect(memory.of(account)).toBe(BlockSet.NONE);
    expect(loads).toBe(2);
  });
});

describe('a list that is being read', () => {
  let arrive: (jids: readonly string[]) => void;
  let fail: (error: Error) => void;
  beforeEach(() => {
    answer = () =>
      new Promise((resolve, reject) => {
        arrive = resolve;
        fail = reject;
      });
  });

  test('is read once for all who wait, and none of their changes is lost', async () => {
    const changes = [add(ROMEO), add(TYBALT)];
    expect(loads).toBe(1);
    expect(isBlockedBy(account, ROMEO)).toBe(false);
    arrive([]);
    await Promise.all(changes);
    expect(await blocked()).toEqual([String(ROMEO), String(TYBALT)]);
    expect(isBlockedBy(account, TYBALT)).toBe(true);
    expect(loads).toBe(1);
  });

  test('stays what is awaited when the account becomes idle meanwhile', async () => {
    const change = add(TYBALT);
    memory.mayForget(account);
    arrive([String(ROMEO)]);
    await change;
    expect(await blocked()).toEqual([String(ROMEO), String(TYBALT)]);
  });

  test('and is forgotten before it is changed is read again', async () => {
    const forgotten = then(memory.of(account), () => memory.mayForget(account));
    const change = add(TYBALT);
    answer = () => [String(ROMEO), 'x.example'];
    arrive([String(ROMEO)]);
    await Promise.all([forgotten, change]);
    expect(await blocked()).toEqual([String(ROMEO), 'x.example', String(TYBALT)]);
    expect(loads).toBe(2);
  });

  test('in vain is tried again', async () => {
    const list = memory.of(account);
    fail(new Error('the disk is gone'));
    await expect(list).rejects.toThrow('the disk is gone');
    answer = () => [String(ROMEO)];
    expect(await blocked()).toEqual([String(ROMEO)]);
  });
});
