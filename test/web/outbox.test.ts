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
});
