import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AFTER_LOGIN, BEFORE_LOGIN } from '../stream/stub-host.ts';
import { body, Posted } from '../support/bosh-http.ts';
import { BoshWorld, message } from '../transports/bosh-world.ts';

function fault(condition: string): string {
  return `<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='${condition}'/>`;
}

let world: BoshWorld;

beforeEach(async () => {
  world = await new BoshWorld({ maxConnections: 100, maxConnectionsPerAddress: 40 }).start();
});

afterEach(() => world.stop());

describe('sessions without a login', () => {
  test('are few for one address, and leave room for others', async () => {
    for (let i = 0; i < 4; i++) expect((await world.creates()).sid).not.toBe('');
    for (let i = 0; i < 20; i++) {
      expect((await world.creates()).created).toBe(fault('policy-violation'));
    }
    expect(world.manager.connectionCount).toBe(4);
    expect(world.manager.refused['too-many']).toBe(20);
    world.peer = { ...world.peer, remoteAddress: '198.51.100.7' };
    expect((await world.creates()).sid).not.toBe('');
  });

  test('are few in all, however many addresses there are', async () => {
    for (let i = 0; i < 200; i++) {
      world.peer = { ...world.peer, remoteAddress: `198.51.100.${i}` };
      await world.creates();
    }
    expect(world.manager.connectionCount).toBe(10);
  });

  test('make room when they sign in, or when their time is over', async () => {
    for (let i = 0; i < 10; i++) await world.signsIn();
    for (let i = 0; i < 4; i++) await world.creates();
    expect((await world.creates()).created).toBe(fault('policy-violation'));
    // Requests do not make the time for signing in longer.
    world.clock.advance(29_000);
    expect(world.manager.connectionCount).toBe(14);
    world.clock.advance(1000);
    expect(world.manager.connectionCount).toBe(0);
    expect((await world.creates()).sid).not.toBe('');
  });

  test('end in time, whatever they ask', async () => {
    const juliet = await world.creates({ wait: 10 });
    for (let i = 0; i < 6; i++) {
      const held = juliet.asks();
      await world.settles();
      world.clock.advance(10_000);
      await held.answer();
    }
    await world.settles();
    const answer = await juliet.asks().answer();
    expect(answer).toMatch(/<connection-timeout |item-not-found/);
    expect(world.manager.connectionCount).toBe(0);
  });
});

describe('large requests', () => {
  test('of strangers are not read to their end', async () => {
    const posted = world.sender.post(
      body({ rid: 1, to: 'example.com' }, 'x'.repeat(2 * BEFORE_LOGIN.bytes)),
    );
    expect(await posted.answer()).toBe(fault('policy-violation'));
    expect(posted.headers.connection).toBe('close');
    expect(world.manager.connectionCount).toBe(0);
  });

  test('may be as large as a stanza once somebody has signed in, and no larger', async () => {
    const juliet = await world.signsIn();
    const large = `<presence><status>${'x'.repeat(AFTER_LOGIN.bytes / 2)}</status></presence>`;
    await juliet.asks(large, { pause: 60 }).answer();
    expect(juliet.session.received).toHaveLength(1);
    const { rid, sid } = juliet;
    const larger = body({ rid: rid + 1, sid }, 'x'.repeat(2 * AFTER_LOGIN.bytes));
    expect(await world.sender.post(larger).answer()).toBe(fault('policy-violation'));
    // Whoever knows no more than the sid's owner cannot end the session by that.
    expect(juliet.session.ends).toEqual([]);
  });

  test('that pass the limits of a stanza end the stream, which says why', async () => {
    const juliet = await world.creates();
    const many = `<message>${'<x/>'.repeat(BEFORE_LOGIN.elements)}</message>`;
    expect(await juliet.asks(many).answer()).toMatch(/remote-stream-error.*<policy-violation /s);
    const other = await world.creates();
    const deep = '<a>'.repeat(20) + '</a>'.repeat(20);
    expect(await other.asks(deep).answer()).toMatch(/remote-stream-error.*<policy-violation /s);
  });

  test('whose start tag is endless are not read', async () => {
    const endless = `<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='${'x'.repeat(5000)}'/>`;
    expect(await world.sender.post(endless).answer()).toBe(fault('bad-request'));
  });
});

describe('requests that break off', () => {
  test('leave nothing behind', async () => {
    const juliet = await world.signsIn();
    const { rid, sid } = juliet;
    const content = body({ rid: rid + 1, sid }, message('half'));
    const { sent } = world.sender.begin('POST', { 'Content-Length': `${content.length}` });
    const posted = new Posted(sent);
    sent.write(content.slice(0, -20));
    await once(sent, 'socket');
    await world.settles();
    await posted.breaks();
    expect(juliet.session.received).toEqual([]);
    expect(await juliet.asks(message('whole')).answer()).toContain('<body>whole</body>');
  });
});

describe('others', () => {
  test('who guess find nothing, whichever way they guess', async () => {
    const juliet = await world.signsIn();
    const { rid, sid } = juliet;
    const guesses = [
      body({ rid: rid + 1, sid: `${sid.slice(0, -1)}?` }),
      body({ rid: rid + 1, sid: '', key: 'no' }),
      body({ rid: rid + 1, sid: '__proto__' }),
      body({ rid: rid + 1, sid: 'constructor' }),
    ];
    const answers = await Promise.all(guesses.map((each) => world.sender.post(each).answer()));
    expect(new Set(answers)).toEqual(new Set([fault('item-not-found'), fault('bad-request')]));
    expect(await juliet.asks(message('hi')).answer()).toContain('<body>hi</body>');
  });
});

test('a client that takes nothing is dropped, and costs no more than the queue may hold', async () => {
  const juliet = await world.signsIn();
  const text = Buffer.from(`<body>${'x'.repeat(1000)}</body></message>`);
  for (let i = 0; i < 100; i++) juliet.session.wire.sendParts('<message>', text);
  expect(juliet.session.wire.queuedBytes).toBeLessThan(70_000);
  await world.settles();
  expect(juliet.session.ends).toEqual([false]);
  expect(world.manager.queued).toEqual({ total: 0, largest: 0 });
});

test('a client that pauses for ever is gone after as long as it may pause', async () => {
  const juliet = await world.signsIn();
  await juliet.asks('', { pause: 120 }).answer();
  world.clock.advance(120_000);
  expect(world.manager.connectionCount).toBe(0);
});
