import { beforeEach, describe, expect, test } from '@jest/globals';
import { Deadlines, type Expiring } from '../../src/lib/deadlines.ts';
import { ManualClock } from '../support/manual-clock.ts';

let clock: ManualClock;
let deadlines: Deadlines;
let expired: string[];

class Item implements Expiring {
  deadline = 0;
  readonly name: string;
  readonly handler: () => void;

  constructor(name: string, handler: () => void = () => {}) {
    this.name = name;
    this.handler = handler;
  }

  onDeadline(): void {
    expired.push(this.name);
    this.handler();
  }
}

beforeEach(() => {
  clock = new ManualClock();
  deadlines = new Deadlines(clock, 500);
  expired = [];
});

describe('a deadline', () => {
  test('passes once, within one step of its time', () => {
    deadlines.set(new Item('a'), 60_000);
    clock.advance(59_499);
    expect(expired).toEqual([]);
    clock.advance(501);
    expect(expired).toEqual(['a']);
    clock.advance(120_000);
    expect(expired).toEqual(['a']);
  });

  test('is replaced by a later one and by an earlier one', () => {
    const item = new Item('a');
    deadlines.set(item, 1000);
    deadlines.set(item, 3000);
    clock.advance(2500);
    expect(expired).toEqual([]);
    deadlines.set(item, 10_000);
    deadlines.set(item, 500);
    clock.advance(500);
    expect(expired).toEqual(['a']);
  });

  test('that is cleared never passes', () => {
    const item = new Item('a');
    deadlines.set(item, 1000);
    deadlines.clear(item);
    deadlines.clear(item);
    clock.advance(5000);
    expect(expired).toEqual([]);
  });

  test('in the past passes at the next step', () => {
    deadlines.set(new Item('a'), -5);
    expect(expired).toEqual([]);
    clock.advance(500);
    expect(expired).toEqual(['a']);
  });

  test('may be set anew when it passes', () => {
    const item: Item = new Item('a', () => expired.length < 3 && deadlines.set(item, 1000));
    deadlines.set(item, 1000);
    clock.advance(10_000);
    expect(expired).toEqual(['a', 'a', 'a']);
  });

  test('that another handler clears or moves in the same step does not pass', () => {
    const second = new Item('second');
    const third = new Item('third');
    const first = new Item('first', () => {
      deadlines.clear(second);
      deadlines.set(third, 1000);
    });
    for (const item of [first, second, third]) deadlines.set(item, 1000);
    clock.advance(1000);
    expect(expired).toEqual(['first']);
    clock.advance(1000);
    expect(expired).toEqual(['first', 'third']);
  });
});

test('there is no timer while nothing has a deadline', () => {
  const items = [new Item('a'), new Item('b')];
  for (const item of items) deadlines.set(item, 1000);
  expect(clock.pending).toBe(1);
  clock.advance(2000);
  expect(clock.pending).toBe(0);
});

test('the time of the wheel passes with its steps', () => {
  deadlines.set(new Item('a'), 2000);
  clock.advance(1700);
  expect(deadlines.elapsed).toBe(1500);
});
