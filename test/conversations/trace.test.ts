import { expect } from '@jest/globals';
import { silentLog } from '../../src/lib/log.ts';
import type { AdminAnswer, AdminBit } from '../../src/server/admin/dispatch.ts';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import { type TraceEnd, type TraceLine, traceCommands } from '../../src/server/admin/trace.ts';
import { blocks } from '../support/blocking.ts';
import { CARBONS, copy, enableCarbons } from '../support/carbons.ts';
import { conversationInside } from '../support/conversation.ts';
import type { TestServer } from '../support/server.ts';

type Answers = AsyncIterable<AdminAnswer | AdminBit>;

/** An operator who looks on at an account. */
async function trace(stage: TestServer, params: object, admin = operatorOf(stage)) {
  const gone = new AbortController();
  const answer = (await admin.run('trace', params, gone.signal)) as Answers;
  if ('error' in answer) throw new Error(JSON.stringify(answer));
  const lines: TraceLine[] = [];
  let end: TraceEnd | null = null;
  const reading = (async () => {
    for await (const each of answer) {
      if ('next' in each) lines.push(each.next as TraceLine);
      else end = (each as { result: TraceEnd }).result;
    }
  })();
  const stop = async () => {
    gone.abort();
    await reading;
    return end;
  };
  const told = () =>
    lines.map(({ event, module, why }) =>
      [event, ...(module ? [module] : []), ...(why ? [why] : [])].join(' '),
    );
  return { lines, told, stop };
}

function operatorOf({ server, clock }: TestServer): AdminDispatcher {
  const commands = traceCommands(server, { clock, log: silentLog });
  return new AdminDispatcher(commands, (error) => {
    throw error;
  });
}

conversationInside(
  'an operator sees a message leave one account and reach another, but not its words',
  {},
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    const [hers, his] = [
      await trace(stage, { jid: juliet.bare }),
      await trace(stage, { jid: 'ROMEO@localhost' }),
    ];
    await juliet.sends`<message id='m' type='chat' to='${romeo.bare}'><body>Soft!</body></message>`;
    await romeo.gets`<message id='m' from='${juliet}'><body>Soft!</body></message>`;
    await hers.stop();
    await his.stop();
    expect(hers.told()).toEqual([
      'received',
      'arrived',
      'stored archive',
      'stored archive',
      'done',
    ]);
    expect(his.told()).toEqual(['arrived', 'stored archive', 'sent']);
    expect(his.lines[2]).toMatchObject({
      time: stage.clock.now(),
      event: 'sent',
      stage: null,
      module: null,
      session: `${romeo}`,
      why: null,
      stanza: expect.stringContaining(
        `<message to='${romeo.bare}' from='${juliet}' type='chat' id='m'><body xmlns="jabber:client">…</body>`,
      ),
    });
  },
);

conversationInside(
  'a message that is refused names the stage and the module that did it',
  { friends: [['juliet', 'romeo']] },
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    await blocks(juliet, romeo.bare);
    await romeo.forgets();
    const his = await trace(stage, { jid: romeo.bare });
    await romeo.sends`<message id='m' to='${juliet.bare}'><body>Hi</body></message>`;
    await romeo.gets`<message type='error' id='m' from='${juliet.bare}'/>`;
    await his.stop();
    expect(his.told()).toEqual([
      'received',
      'arrived',
      'rejected blocking service-unavailable',
      'stored archive',
      'rejected service-unavailable',
      'sent',
    ]);
    expect(his.lines[2]!.stage).toBe('incoming message check');
  },
);

conversationInside(
  'a message that waits for its reader, and one that was changed on the way',
  { absent: ['romeo'] },
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    const hers = await trace(stage, { jid: juliet.bare, bodies: true });
    await juliet.sends`
      <message id='m' to='${romeo.bare}'>
        <stanza-id xmlns='urn:xmpp:sid:0' id='x' by='localhost'/><body>Soft!</body>
      </message>`;
    await juliet.getsNothing();
    await hers.stop();
    const about = hers.told().filter((line) => /messages|offline/.test(line));
    expect(about).toEqual(['changed messages', 'stored offline']);
    const changed = hers.lines.find(({ event }) => event === 'changed')!;
    expect(changed.stage).toBe('outgoing message rewrite');
    expect(changed.stanza).toContain('>Soft!<');
    expect(changed.stanza).not.toContain('stanza-id');
  },
);

conversationInside(
  'a request that a module answers with an error',
  {},
  async ({ juliet }, stage) => {
    await juliet.exists();
    const hers = await trace(stage, { jid: juliet.bare });
    await juliet.sends`<iq type='get' id='v'><vCard xmlns='vcard-temp'/></iq>`;
    await juliet.gets`<iq type='error' id='v'/>`;
    await hers.stop();
    expect(hers.told()).toContain('rejected vcard item-not-found');
  },
);

conversationInside('passwords are never shown', {}, async ({ juliet }, stage) => {
  await juliet.exists();
  const hers = await trace(stage, { jid: juliet.bare, bodies: true });
  await juliet.sends`
    <iq type='set' id='p' to='localhost'><query xmlns='jabber:iq:register'>
      <username>juliet</username><password>s3cret</password></query></iq>`;
  await juliet.gets`<iq type='result' id='p'/>`;
  await juliet.sends`
    <iq type='set' id='q'><query xmlns='jabber:iq:private'>
      <x xmlns='urn:x'><password>s3cret</password></x></query></iq>`;
  await juliet.gets`<iq type='result' id='q'/>`;
  await hers.stop();
  expect(hers.lines.length).toBeGreaterThan(4);
  expect(JSON.stringify(hers.lines)).not.toContain('s3cret');
});

conversationInside(
  'while nobody looks on, or at somebody else, a session knows nothing of it',
  {},
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    const { host, binder } = stage.server.find('localhost')!;
    const [hers, his] = [binder.list('juliet')[0]!, binder.list('romeo')[0]!];
    const plain = host.parts;
    const first = await trace(stage, { jid: juliet.bare });
    const second = await trace(stage, { jid: juliet.bare });
    expect([hers.trace === null, his.trace]).toEqual([false, null]);
    expect(host.parts).toBe(plain);
    await first.stop();
    expect(hers.trace).not.toBeNull();
    await second.stop();
    expect([hers.trace, stage.server.tracing.isOn]).toEqual([null, false]);
    await juliet.sends`<message to='${romeo}' id='m'/>`;
    await romeo.gets`<message from='${juliet}' id='m'/>`;
    expect([first.lines, second.lines]).toEqual([[], []]);
  },
);

conversationInside(
  'a session that begins is looked on at, too',
  { absent: ['romeo'] },
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    const his = await trace(stage, { jid: romeo.bare });
    await romeo.returns();
    await juliet.getsNothing();
    await romeo.forgets();
    await his.stop();
    expect(his.told()).toContain('received');
    expect(his.told()).toContain('sent');
  },
);

conversationInside('it ends with its time', {}, async ({ juliet }, stage) => {
  await juliet.exists();
  const hers = await trace(stage, { jid: juliet.bare, seconds: 30 });
  stage.clock.advance(30_000);
  expect(await hers.stop()).toEqual({ events: 0, skipped: 0, ended: 'time' });
  expect(stage.server.tracing.isOn).toBe(false);
});

conversationInside(
  'no more is told than was asked for, nor more in a second than anybody reads',
  {},
  async ({ juliet, romeo }, stage) => {
    await juliet.exists();
    const few = await trace(stage, { jid: juliet.bare, count: 2 });
    const all = await trace(stage, { jid: juliet.bare });
    for (let number = 0; number < 100; number++) {
      await juliet.sends`<message to='${romeo}' id='${number}'/>`;
    }
    await juliet.getsNothing();
    await romeo.forgets();
    expect(few.told()).toEqual(['received', 'arrived']);
    expect(await few.stop()).toEqual({ events: 2, skipped: 0, ended: 'count' });
    stage.clock.advance(1_000);
    await juliet.sends`<message to='${romeo}' id='last'/>`;
    await romeo.gets`<message id='last'/>`;
    const end = (await all.stop())!;
    // With what the conversation itself needs.
    expect(end.skipped).toBeGreaterThanOrEqual(100);
    expect(end.events).toBeLessThan(220);
    expect(all.lines[200]!.skipped).toBe(end.skipped);
  },
);

conversationInside(
  'only accounts can be looked on at, by so many operators',
  {},
  async ({ juliet }, stage) => {
    await juliet.exists();
    const admin = operatorOf(stage);
    expect(await admin.run('trace', { jid: 'nobody@localhost' })).toMatchObject({
      error: { code: 'not-found' },
    });
    expect(await admin.run('trace', { jid: 'localhost' })).toMatchObject({
      error: { code: 'bad-address' },
    });
    const all = [];
    for (let number = 0; number < 8; number++) {
      all.push(await trace(stage, { jid: juliet.bare }, admin));
    }
    expect(await admin.run('trace', { jid: juliet.bare })).toMatchObject({
      error: { code: 'failed', message: 'Too many look on already.' },
    });
    for (const each of all) await each.stop();
    const again = await trace(stage, { jid: juliet.bare }, admin);
    await again.stop();
  },
);

conversationInside(
  'copies for other devices are made and seen as well [XEP-0280 7, 8]',
  {},
  async ({ juliet, romeo: { laptop, phone } }, stage) => {
    await enableCarbons(phone);
    const his = await trace(stage, { jid: laptop.bare });
    const message = `<message from='${juliet}' to='${laptop}' type='chat'><body>Soft!</body></message>`;
    await juliet.sends`<message to='${laptop}' type='chat'><body>Soft!</body></message>`;
    await laptop.gets`${message}`;
    await phone.gets`${copy(phone, 'received', message)}`;
    await laptop.sends`<message to='${juliet}' type='chat'><body>But</body></message>`;
    await juliet.gets`<message><body>But</body></message>`;
    await phone.gets`<message><sent xmlns='${CARBONS}'/></message>`;
    await his.stop();
    const flow = his.told().filter((line) => line !== 'stored archive');
    expect(flow).toEqual(['arrived', 'sent', 'sent', 'received', 'arrived', 'sent', 'done']);
  },
);
