import { describe, expect, test } from '@jest/globals';
import { Outbox } from '../../web/src/chat/outbox.ts';

function world() {
  const sent: string[] = [];
  const outbox = new Outbox(({ id }) => sent.push(id));
  const takes = () => sent.splice(0);
  return { outbox, takes };
}

describe('what is sent', () => {
  test('waits for a connection, and leaves in order', () => {
    const { outbox, takes } = world();
    outbox.post({ id: '1' });
    outbox.post({ id: '2' });
    expect(takes()).toEqual([]);
    outbox.open(true);
    outbox.post({ id: '3' });
    expect(takes()).toEqual(['1', '2', '3']);
  });

  test('is left to stream management where the session goes on', () => {
    const { outbox, takes } = world();
    outbox.open(true);
    outbox.post({ id: '1' });
    outbox.close();
    outbox.post({ id: '2' });
    expect(takes()).toEqual(['1']);
    outbox.open(false);
    expect(takes()).toEqual(['2']);
  });

  test('goes again in a new session, but for what the server has', () => {
    const { outbox, takes } = world();
    outbox.open(true);
    for (const id of ['1', '2', '3']) outbox.post({ id });
    outbox.settle('1');
    outbox.close();
    takes();
    // The archive shows it.
    outbox.settle('3');
    outbox.open(true);
    expect(takes()).toEqual(['2']);
  });

  test('is kept as long as it waits, and waits from before', () => {
    const kept: string[][] = [];
    const keep = (posted: readonly { message: { id: string } }[]) =>
      kept.push(posted.map(({ message }) => message.id));
    const sent: string[] = [];
    const before = [{ message: { id: '1' }, time: 1 }];
    const outbox = new Outbox(({ id }) => sent.push(id), keep, before);
    outbox.post({ id: '2' });
    outbox.open(true);
    expect(sent).toEqual(['1', '2']);
    outbox.settle('1');
    outbox.settle('1');
    expect(kept).toEqual([['1', '2'], ['2']]);
  });

  test('is forgotten with the sign-out, and nothing more is taken', () => {
    const kept: number[] = [];
    const outbox = new Outbox(
      () => {},
      (posted) => kept.push(posted.length),
    );
    outbox.post({ id: '1' });
    outbox.giveUp();
    outbox.post({ id: '2' });
    expect(kept).toEqual([1, 0]);
  });
});
