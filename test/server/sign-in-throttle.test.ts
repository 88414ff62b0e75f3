import { beforeEach, describe, expect, test } from '@jest/globals';
import { SignInThrottle } from '../../src/server/sign-in-throttle.ts';
import { PASSWORD } from '../stream/stub-host.ts';
import { base64, makeWorld, plainAuth, sasl, type Talk, type World } from '../stream/talk.ts';
import { ManualClock } from '../support/manual-clock.ts';

const MINUTE = 60_000;
const FAILED = '<not-authorized/></failure>';
const SCRAM = sasl('auth', base64('n,,n=juliet,r=abc'), " mechanism='SCRAM-SHA-256'");

let clock: ManualClock;
let throttle: SignInThrottle;
let world: World;
beforeEach(async () => {
  clock = new ManualClock();
  throttle = new SignInThrottle(clock);
  world = await makeWorld({ clock, throttle });
});

const counted = () => throttle.samples().map(({ value }) => value);
const wrong = (name = 'juliet') => plainAuth(`\0${name}\0wrong`);

/** A new stream from an address, with features read, where signing in may fail often. */
async function comes(remoteAddress = '127.0.0.1'): Promise<Talk> {
  const talk = world.connect({ remoteAddress });
  await talk.opensSecurely();
  return talk;
}

/** So many failures that are answered at once, each on a stream of its own. */
async function fails(times: number, name = 'juliet', address = '127.0.0.1'): Promise<void> {
  for (let time = 0; time < times; time++) {
    const talk = await comes(address);
    await talk.says(wrong(name)).hears(FAILED);
    talk.peer.destroy();
  }
}

/** Says it, and sees the answer wait for exactly so many milliseconds. */
async function waits(talk: Talk, milliseconds: number, words = wrong()): Promise<void> {
  const before = counted()[0]!;
  talk.says(words);
  while (counted()[0] === before) await new Promise(setImmediate);
  clock.advance(milliseconds - 1);
  expect(talk.transcript).not.toContain('</failure>');
  clock.advance(1);
  await talk.hears(FAILED);
}

describe('failures of one account', () => {
  test('are answered at once three times, then later and later, up to the bound', async () => {
    await fails(3);
    for (const delay of [500, 1000, 2000, 4000, 5000, 5000]) await waits(await comes(), delay);
    expect(counted()).toEqual([6, 0]);
  });

  test('[RFC6120 13.11] count the same where there is no such account', async () => {
    await fails(3, 'nobody');
    await waits(await comes(), 500, wrong('nobody'));
    await fails(1);
  });

  test('count from all addresses and by every mechanism', async () => {
    await fails(3, 'juliet', '192.0.2.1');
    const talk = await comes('192.0.2.2');
    const challenge = /<challenge[^>]*>([^<]*)/.exec(await talk.says(SCRAM).hears('</challenge>'))!;
    const [, nonce] = /^r=([^,]*)/.exec(Buffer.from(challenge[1]!, 'base64').toString())!;
    const final = base64(`c=biws,r=${nonce},p=${base64('x'.repeat(32))}`);
    await waits(talk, 500, sasl('response', final));
  });

  test('do not keep the right password waiting', async () => {
    await fails(3);
    await waits(await comes(), 500);
    await (await comes()).says(plainAuth()).hears('<success');
  });

  test('are forgotten after a quarter of an hour', async () => {
    await fails(3);
    clock.advance(15 * MINUTE);
    await fails(3);
  });

  test('wait not at all where the host says so', async () => {
    world.host.policy = { ...world.host.policy, maxFailureDelay: 0 };
    await fails(5);
  });
});

describe('failures from one address', () => {
  test('are answered later from the eleventh on, whatever the accounts', async () => {
    for (let at = 0; at < 10; at++) await fails(1, `user${at}`, '192.0.2.1');
    await waits(await comes('192.0.2.1'), 500, wrong('another'));
    await fails(1, 'yet-another', '192.0.2.2');
  });

  test('count by the network that an IPv6 subscriber has', async () => {
    for (let at = 0; at < 10; at++) await fails(1, `user${at}`, `2001:db8:0:1::${at}`);
    await waits(await comes('2001:db8:0:1:ffff::1'), 500, wrong('another'));
    await fails(1, 'yet-another', '2001:db8:0:2::1');
  });

  test('do not count from this machine, where a proxy may stand', async () => {
    for (let at = 0; at < 12; at++) await fails(1, `user${at}`);
  });

  test('do not keep others with the right password waiting', async () => {
    for (let at = 0; at < 10; at++) await fails(1, `user${at}`, '192.0.2.1');
    await (await comes('192.0.2.1')).says(plainAuth()).hears('<success');
  });
});

describe('answers that wait', () => {
  const hold = (address: string) =>
    throttle.hold({ address, account: 'juliet@example.com', maxDelay: 5000 });

  /** So many of them wait for one address. */
  function fill(many: number, address: string): void {
    for (let at = 0; at < many; at++) void hold(address);
  }

  test('are few for one address; a further failure ends its stream', async () => {
    await fails(3);
    fill(50, '192.0.2.1');
    const talk = await comes('192.0.2.1');
    expect(await talk.says(wrong()).hearsError('policy-violation')).not.toContain('</failure>');
    expect(counted()).toEqual([50, 1]);
    await waits(await comes('192.0.2.2'), 5000);
  });

  test('do so for who has hung up as well', async () => {
    await fails(3);
    for (let at = 0; at < 50; at++) {
      const gone = await comes('192.0.2.1');
      gone.says(wrong());
      while (counted()[0]! <= at) await new Promise(setImmediate);
      gone.peer.destroy();
    }
    const talk = await comes('192.0.2.1');
    await talk.says(wrong()).hearsError('policy-violation');
    clock.advance(5000);
    await waits(await comes('192.0.2.1'), 5000);
  });

  test('let the right password through all the same', async () => {
    await fails(3);
    fill(50, '192.0.2.1');
    await (await comes('192.0.2.1')).says(plainAuth(`\0juliet\0${PASSWORD}`)).hears('<success');
  });

  test('are bounded in all', async () => {
    await fails(3);
    for (let at = 0; at < 200; at++) fill(50, `10.0.0.${at}`);
    expect(await hold('192.0.2.1')).toBe(false);
    clock.advance(5000);
    expect(clock.pending).toBe(0);
    await waits(await comes(), 5000);
  });
});
