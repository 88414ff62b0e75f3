import { describe, expect, test } from '@jest/globals';
import { AdminDispatcher } from '../../../src/server/admin/dispatch.ts';
import type { SessionControl, SessionFacts } from '../../../src/server/admin/ports.ts';
import { sessionCommands } from '../../../src/server/admin/sessions.ts';

function session(jid: string): SessionFacts {
  return {
    jid,
    remoteAddress: '::1',
    transport: 'tls',
    isSecure: true,
    since: 1,
    priority: null,
    isDetached: false,
  };
}

const BALCONY = session('juliet@a.example/balcony');
const GARDEN = session('juliet@a.example/Garden');
const ROMEO = session('romeo@a.example/orchard');

function setup() {
  let open = [BALCONY, GARDEN, ROMEO];
  const under = (jid: string) => (each: SessionFacts) =>
    each.jid === jid || each.jid.startsWith(`${jid}/`);
  const control: SessionControl = {
    list: (account) => (account === null ? open : open.filter(under(account))),
    close(jid) {
      const before = open.length;
      open = open.filter((each) => !under(jid)(each));
      return before - open.length;
    },
  };
  const commands = sessionCommands(control, ['a.example']);
  return new AdminDispatcher(commands, () => {});
}

describe('session.list', () => {
  test('lists all, or those of an account as the operator writes it', async () => {
    const admin = setup();
    expect(await admin.run('session.list', {})).toEqual({
      result: { sessions: [BALCONY, GARDEN, ROMEO], total: 3 },
    });
    expect(await admin.run('session.list', { account: 'JULIET@a.example' })).toEqual({
      result: { sessions: [BALCONY, GARDEN], total: 2 },
    });
  });

  test('refuses a domain that is not served', async () => {
    const answer = await setup().run('session.list', { account: 'juliet@b.example' });
    expect(answer).toMatchObject({ error: { code: 'unknown-host', hint: 'Served: a.example.' } });
  });
});

describe('session.kick', () => {
  test('ends the one session of a full JID, whose resource keeps its case', async () => {
    const admin = setup();
    const answer = await admin.run('session.kick', { jid: 'Juliet@a.example/Garden' });
    expect(answer).toEqual({ result: { closed: 1 } });
    expect(await admin.run('session.list', {})).toMatchObject({
      result: { sessions: [BALCONY, ROMEO] },
    });
  });

  test('ends all sessions of a bare JID', async () => {
    const admin = setup();
    expect(await admin.run('session.kick', { jid: 'juliet@a.example' })).toEqual({
      result: { closed: 2 },
    });
  });

  test('says when nobody is there', async () => {
    const answer = await setup().run('session.kick', { jid: 'juliet@a.example/none' });
    expect(answer).toMatchObject({ error: { code: 'not-found' } });
  });
});
