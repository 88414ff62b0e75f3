import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Attacker, BIND, SASL, STREAM } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

const MEBIBYTE = 1024 * 1024;
const ASKERS = Array.from({ length: 40 }, (_, n) => `asker${n}`);

let fortress: Fortress;
beforeAll(async () => {
  const settings =
    'modules: { roster: { maxItems: 50, maxLength: 20000 }, subscriptions: { maxRequests: 30 } }';
  fortress = await Fortress.build(settings, { accounts: [...ASKERS, 'popular', 'flooded'] });
}, 30_000);
afterAll(() => fortress.raze());

const present: Attacker[] = [];
afterEach(async () => {
  for (const attacker of present.splice(0)) attacker.leaves();
  await fortress.stands();
});

async function signIn(user: string, resource = ''): Promise<Attacker> {
  const attacker = await fortress.signIn(user, resource);
  present.push(attacker);
  return attacker;
}

const chat = (to: string, id: number, size: number) =>
  `<message type='chat' to='${to}' id='${id}'><body>${'x'.repeat(size)}</body></message>`;

/** Ids of messages, in the order of the text. */
const idsOf = (text: string, type: string) =>
  [...text.matchAll(/<message [^>]*type='([a-z]+)'[^>]* id='(\d+)'/g)]
    .filter(([, found]) => found === type)
    .map(([, , id]) => Number(id));

describe('a client that does not read', () => {
  /** Sends 20 MB to a session that reads none of it; returns that session. */
  async function stuff(attacker: Attacker): Promise<Attacker> {
    const reader = await signIn('victim', 'slow');
    reader.says('<presence/>');
    await reader.fence();
    reader.socket.pause();
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 10; n++) attacker.says(chat('victim@open.example/slow', n, 200_000));
      await attacker.fence();
    }
    return reader;
  }

  test('is dropped, and costs no memory', async () => {
    const attacker = await signIn('attacker');
    await stuff(attacker);
    const before = fortress.residentMemory();
    for (let n = 0; n < 10; n++) {
      const reader = await stuff(attacker);
      reader.socket.resume();
      await reader.hearsTheEnd();
    }
    await fortress.stands(attacker);
    expect(await fortress.logged('client dropped, it does not read')).toBe(11);
    // Of 200 that were sent to them.
    expect(fortress.residentMemory() - before).toBeLessThan(120 * MEBIBYTE);
    // The session is gone: what is for the resource alone is answered with an error.
    attacker.says(`<message to='victim@open.example/slow' id='1'><body>x</body></message>`);
    expect(await attacker.fence()).toContain('<service-unavailable ');
  }, 60_000);
});

test('an account has so many sessions, and one more is told so', async () => {
  for (let n = 0; n < 50; n++) await signIn('popular', `r${n}`);
  const attacker = await Attacker.connect(fortress.open);
  present.push(attacker);
  await attacker.opens();
  const plain = Buffer.from(`\0popular\0${PASSWORD}`).toString('base64');
  attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>${plain}</auth>`);
  await attacker.hears('<success');
  await attacker.opens();
  attacker.says(`<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`);
  expect(await attacker.hears('</iq>')).toContain('<resource-constraint ');
  // In place of an old session there is room.
  attacker.says(`<iq type='set' id='b'><bind xmlns='${BIND}'><resource>r0</resource></bind></iq>`);
  expect(await attacker.hears('</iq>')).toContain('<jid>popular@open.example/r0</jid>');
});

describe('messages for who is away', () => {
  const unarchived = (message: string) =>
    message.replace('</message>', "<no-permanent-store xmlns='urn:xmpp:hints'/></message>");

  /** Sends until the account takes no more; returns the ids that were refused. */
  async function bomb(attacker: Attacker, count: number, size: number): Promise<number[]> {
    let answers = '';
    for (let id = 0; id < count; id++) {
      // What the archive has is refused nobody.
      attacker.says(unarchived(chat('flooded@open.example', id, size)));
      if (id % 20 === 19) answers += await attacker.fence();
    }
    answers += await attacker.fence();
    expect(answers.match(/<service-unavailable /g) ?? []).toHaveLength(
      idsOf(answers, 'error').length,
    );
    return idsOf(answers, 'error');
  }

  test.each([
    ['small', 1200, 10],
    ['large', 100, 200_000],
  ])(
    'many %s ones: some are refused, the others come in order, and the session lives',
    async (_, count, size) => {
      const attacker = await signIn('attacker');
      const refused = await bomb(attacker, count, size);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(count);
      const kept = Array.from({ length: count }, (_, id) => id).filter(
        (id) => !refused.includes(id),
      );
      expect(refused).toEqual(Array.from(refused, (_, n) => refused[0]! + n));

      const flooded = await signIn('flooded');
      flooded.says('<presence/>');
      let heard = '';
      for (const _ of kept) heard += await flooded.hears('</message>');
      expect(idsOf(heard, 'chat')).toEqual(kept);
      expect(await flooded.fence()).not.toContain('<message');
      flooded.says("<presence type='unavailable'/>");
      await flooded.fence();
      // There is room again.
      expect(await bomb(attacker, 1, size)).toEqual([]);
      flooded.says('<presence/>');
      await flooded.hears('</message>');
      // What it has got then waits no more.
      flooded.says('</stream:stream>');
      await flooded.hearsTheEnd();
    },
    20_000,
  );
});

describe('subscriptions', () => {
  test('requests of 200 KB from many are kept in part, and do not keep their target from signing in', async () => {
    for (const name of ASKERS) {
      const asker = await fortress.signIn(name);
      const status = `<status>${'x'.repeat(200_000)}</status>`;
      asker.says(`<presence type='subscribe' to='victim@open.example'>${status}</presence>`);
      expect(await asker.fence()).not.toContain('error');
      asker.leaves();
    }
    const victim = await signIn('victim');
    victim.says('<presence/>');
    const asked = (await victim.fence()).match(/<presence [^>]*type='subscribe'/g) ?? [];
    expect(asked).toHaveLength(30);
    expect(await victim.fence()).toBe('');
  }, 20_000);

  test('one’s own requests fill one’s roster and no more', async () => {
    const attacker = await signIn('attacker');
    for (let n = 0; n < 80; n++) {
      attacker.says(`<presence type='subscribe' to='n${n}@far.example'/>`);
    }
    expect(await attacker.fence()).toContain('<resource-constraint ');
    attacker.says("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    expect((await attacker.fence()).match(/<item /g)).toHaveLength(50);
  });
});

test('[RFC6121 4.4.2] changes of presence by the hundred are seen in order, and the last is kept', async () => {
  const [one, other] = ['asker0', 'asker1'].map((name) => `${name}@open.example`);
  await fortress.command('roster.befriend', { jid: one, contact: other });
  const watcher = await signIn('asker1');
  watcher.says('<presence/>');
  await watcher.fence();
  const attacker = await signIn('asker0');
  const statuses = Array.from({ length: 500 }, (_, n) => `${n} ${'x'.repeat(1000)}`);
  attacker.says(statuses.map((text) => `<presence><status>${text}</status></presence>`).join(''));
  await attacker.fence();
  const seen = [...(await watcher.fence()).matchAll(/<status>(.*?)<\/status>/g)];
  expect(seen.map(([, text]) => text)).toEqual(statuses);
  const late = await signIn('asker1', 'late');
  late.says('<presence/>');
  const shown = [...(await late.fence()).matchAll(/<status>(.*?)<\/status>/g)];
  expect(shown.map(([, text]) => text)).toEqual([statuses.at(-1)]);
});

describe('what one account keeps', () => {
  test('a roster grows to so many characters and no further', async () => {
    const attacker = await signIn('absent');
    const groups = Array.from({ length: 9 }, (_, n) => `<group>${n}${'g'.repeat(999)}</group>`);
    const set = (name: string, content: string) =>
      attacker.says(
        `<iq type='set' id='${name}'><query xmlns='jabber:iq:roster'><item jid='${name}@far.example'>${content}</item></query></iq>`,
      );
    set('a', groups.join(''));
    set('b', groups.join(''));
    set('c', groups.join(''));
    const heard = await attacker.fence();
    expect(heard.match(/type='result'/g)).toHaveLength(2);
    expect(heard).toMatch(/id='c'><error type="wait"><resource-constraint /);
    set('a', '');
    set('c', groups.join(''));
    expect((await attacker.fence()).match(/type='result'/g)).toHaveLength(2);
  });

  test('presence to long addresses is remembered so far and no further', async () => {
    const attacker = await signIn('absent');
    for (let n = 0; n < 300; n++) {
      attacker.says(`<presence to='${n}@far.example/${'x'.repeat(1000)}'/>`);
    }
    expect(await attacker.fence()).toContain('<policy-violation ');
  });
});

test('[RFC6120 10.1] a thousand stanzas at once are worked on in their order', async () => {
  const victim = await signIn('victim', 'ordered');
  const attacker = await signIn('attacker');
  const item = (n: number) =>
    `<iq type='set' id='s${n}'><query xmlns='jabber:iq:roster'><item jid='c@far.example' name='${n}'/></query></iq>`;
  const each = Array.from(
    { length: 500 },
    (_, n) => item(n) + chat('victim@open.example/ordered', n, 1),
  );
  attacker.says(each.join(''));
  const answers = [...(await attacker.fence()).matchAll(/ id='s(\d+)'/g)].map(([, n]) => Number(n));
  const inOrder = Array.from({ length: 500 }, (_, n) => n);
  expect(answers).toEqual(inOrder);
  expect(idsOf(await victim.fence(), 'chat')).toEqual(inOrder);
});

describe('stanzas that would grow on their way', () => {
  const namespace = `urn:${'x'.repeat(14_000)}`;
  test.each([
    ['declared on the stanza', '<x/>', '<x/>'],
    ['declared on the stanza and used', '<e:x/>', '<e:x/>'],
    ['and a body of quotes', '<x/>', `<x a='${'"'.repeat(10_000)}'/>`],
  ])('a long namespace, %s, is not written thousands of times', async (_, child, last) => {
    const victim = await signIn('victim', 'small');
    const attacker = await signIn('attacker');
    attacker.says(
      `<message to='victim@open.example/small' xmlns:e='${namespace}'>${child.repeat(9000)}${last}</message>`,
    );
    const before = fortress.residentMemory();
    const end = await attacker.hearsTheEnd();
    expect(end).toMatch(/<stream:error><policy-violation /);
    expect(await victim.fence()).toBe('');
    expect(fortress.residentMemory() - before).toBeLessThan(64 * MEBIBYTE);
  });

  test('a few prefixes are no trouble', async () => {
    const victim = await signIn('victim', 'small');
    const attacker = await signIn('attacker');
    attacker.says(
      `<message to='victim@open.example/small' xmlns:e='urn:e' xmlns:f='urn:f'><e:x/><f:y e:z=''/></message>`,
    );
    expect(await attacker.fence()).toBe('');
    expect(await victim.fence()).toMatch(/<e:x .*<f:y /);
  });
});

describe('connections', () => {
  /** One of many ways to waste a server's time. */
  async function annoy(way: number): Promise<void> {
    const attacker = await Attacker.connect(way % 2 === 0 ? fortress.open : fortress.direct);
    switch (way) {
      case 0:
        attacker.leaves();
        return;
      case 2:
        attacker.says("<stream:stream to='open.example'");
        attacker.socket.end();
        break;
      case 4:
        await attacker.opens();
        attacker.says(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>biwsbj14LHI9YQ==</auth>`);
        await attacker.hears('</challenge>');
        attacker.socket.resetAndDestroy();
        return;
      case 6:
        await attacker.opens();
        attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>AHgAeA==</auth>`.repeat(3));
        break;
      case 1:
        attacker.says(Buffer.from('16030100c8010000c40303', 'hex'));
        attacker.socket.resetAndDestroy();
        return;
      case 3:
        attacker.says('rubbish');
        break;
      case 5:
        attacker.leaves();
        return;
      default: {
        const secured = await Attacker.connectTls(attacker);
        secured.says("<stream:stream to='");
        secured.leaves();
        attacker.leaves();
        return;
      }
    }
    await attacker.hearsTheEnd();
    attacker.leaves();
  }

  async function annoyTimes(count: number): Promise<void> {
    const ATONCE = 20;
    for (let n = 0; n < count; n += ATONCE) {
      await Promise.all(Array.from({ length: ATONCE }, (_, k) => annoy((n + k) % 8)));
    }
  }

  test('hundreds of wrong passwords at once keep nobody else out', async () => {
    const trying = Array.from({ length: 300 }, async () => {
      const attacker = await Attacker.connect(fortress.open);
      attacker.says(STREAM('open.example'));
      attacker.says(`<auth xmlns='${SASL}' mechanism='PLAIN'>AHgAeA==</auth>`);
      await attacker.hears('<failure');
      attacker.leaves();
    });
    await fortress.stands();
    await Promise.all(trying);
  });

  test('hanging up in the midst of one’s own work breaks nothing', async () => {
    for (let n = 0; n < 60; n++) {
      const attacker = await fortress.signIn('attacker', 'hasty');
      const item = `<item jid='c@far.example' name='${n}'/>`;
      attacker.says(
        `<presence/><iq type='set' id='1'><query xmlns='jabber:iq:roster'>${item}</query></iq>` +
          `<presence type='subscribe' to='popular@open.example'/>` +
          `<presence type='unsubscribe' to='popular@open.example'/>` +
          `<iq type='get' id='2'><query xmlns='jabber:iq:roster'/></iq><message to='attacker@open.exa`,
      );
      if (n % 3 === 0) await attacker.hears('</iq>');
      if (n % 2 === 0) attacker.socket.resetAndDestroy();
      else attacker.leaves();
    }
  });

  test('two thousand that come to nothing leave nothing behind', async () => {
    await annoyTimes(600);
    const before = fortress.residentMemory();
    await annoyTimes(1400);
    await fortress.stands();
    expect(fortress.residentMemory() - before).toBeLessThan(48 * MEBIBYTE);
    expect(await connectionsLeft()).toBe(1);
  }, 30_000);

  /** How many the server counts, apart from who asks. */
  async function connectionsLeft(): Promise<number> {
    const deadline = Date.now() + 8000;
    for (;;) {
      const left = await fortress.connections();
      if (left === 1 || Date.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
