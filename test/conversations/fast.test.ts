import { afterAll, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import { AdminDispatcher } from '../../src/server/admin/dispatch.ts';
import { tokenCommands } from '../../src/server/admin/tokens.ts';
import { userCommands } from '../../src/server/admin/users.ts';
import { AccountSite } from '../support/account-site.ts';
import { conversationInside as conversation } from '../support/conversation.ts';
import { comesBack, FAST, getsToken, LAPTOP, PHONE } from '../support/fast.ts';
import { credentials, getsResult, sets } from '../support/registration.ts';
import type { TestServer } from '../support/server.ts';
import { TokenIssuer } from '../support/token-issuer.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const absent = { absent: ['juliet', 'romeo'] } as const;

/** What operators do. */
async function command(
  { server, storage }: TestServer,
  name: string,
  params: object,
): Promise<Record<string, unknown>> {
  const commands = [...userCommands(server, storage), ...tokenCommands(server, storage)];
  const failed = (error: unknown) => {
    throw error;
  };
  return (await new AdminDispatcher(commands, failed).run(name, params)) as never;
}

describe('a client that has shown the password', () => {
  conversation(
    'comes back without it, again and again [XEP-0484 4.4]',
    absent,
    async ({ juliet }, server) => {
      const given = await getsToken(juliet);
      expect(Date.parse(given.expiry) - server.clock.now()).toBe(21 * DAY);
      expect(Buffer.from(given.token, 'base64url')).toHaveLength(32);
      for (let time = 0; time < 3; time++) expect(await comesBack(juliet, given)).toBeNull();
    },
  );

  conversation('may turn to the other mechanisms [XEP-0484 5.1]', absent, async ({ juliet }) => {
    const given = await getsToken(juliet);
    expect(await comesBack(juliet, { token: 'forged' })).toBe('not-authorized');
    await juliet.returns();
    await juliet.leaves();
    expect(await comesBack(juliet, given)).toBeNull();
  });

  conversation('comes back to nobody else [XEP-0484 5.1]', absent, async ({ juliet, romeo }) => {
    const given = await getsToken(juliet);
    await getsToken(romeo);
    expect(await comesBack(romeo, given)).toBe('not-authorized');
    const other = { username: 'romeo' };
    expect(await comesBack(juliet, given, other)).toBe('not-authorized');
  });

  conversation('lends it to no other client [XEP-0484 5.1]', absent, async ({ juliet }) => {
    const phone = await getsToken(juliet, { agent: PHONE });
    const laptop = await getsToken(juliet, { agent: LAPTOP });
    expect(await comesBack(juliet, phone, { agent: LAPTOP })).toBe('not-authorized');
    expect(await comesBack(juliet, laptop, { agent: LAPTOP })).toBeNull();
    expect(await comesBack(juliet, phone, { agent: PHONE.toUpperCase() })).toBeNull();
  });

  conversation(
    'gets none where all are anonymous [XEP-0484 4.1]',
    { config: { signIn: { anonymous: true } } },
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      expect(stranger.features).toContain('ANONYMOUS');
      expect(stranger.features).not.toContain(FAST);
    },
  );

  conversation(
    'gets none where the operator wants none [XEP-0484 4.1]',
    { config: { signIn: { tokens: { give: false } } } },
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      expect(stranger.features).not.toContain(FAST);
    },
  );
});

describe('a token', () => {
  conversation('expires [XEP-0484 5.2]', absent, async ({ juliet }, server) => {
    const given = await getsToken(juliet);
    server.clock.advance(21 * DAY);
    expect(await comesBack(juliet, given)).toBe('credentials-expired');
    expect(await comesBack(juliet, { token: 'forged' })).toBe('not-authorized');
  });

  conversation(
    'lives as long as the operator says [XEP-0484 5.2]',
    {
      ...absent,
      config: { signIn: { tokens: { lifetime: '2h', rotateAfter: '3h' } } },
    },
    async ({ juliet }, server) => {
      const given = await getsToken(juliet);
      server.clock.advance(2 * HOUR - 1);
      expect(await comesBack(juliet, given)).toBeNull();
      server.clock.advance(1);
      expect(await comesBack(juliet, given)).toBe('credentials-expired');
    },
  );

  conversation(
    'that has grown old is followed by another [XEP-0484 4.5]',
    absent,
    async ({ juliet }, server) => {
      const first = await getsToken(juliet);
      server.clock.advance(DAY - 1);
      expect(await comesBack(juliet, first)).toBeNull();
      server.clock.advance(1);
      const second = (await comesBack(juliet, first)) as { token: string; expiry: string };
      expect(second.token).not.toBe(first.token);
      expect(Date.parse(second.expiry) - server.clock.now()).toBe(21 * DAY);
      // It may not have come through: the old one is good until the new one is used.
      const third = (await comesBack(juliet, first)) as { token: string };
      expect(await comesBack(juliet, second)).toBe('not-authorized');
      expect(await comesBack(juliet, third)).toBeNull();
      expect(await comesBack(juliet, first)).toBe('not-authorized');
      expect(await comesBack(juliet, third)).toBeNull();
    },
  );

  conversation(
    'got by the password leaves the one before until it is used [XEP-0484 4.5]',
    absent,
    async ({ juliet }) => {
      const first = await getsToken(juliet);
      await comesBack(juliet, first);
      const second = await getsToken(juliet);
      expect(await comesBack(juliet, first)).toBeNull();
      expect(await comesBack(juliet, second)).toBeNull();
      expect(await comesBack(juliet, first)).toBe('not-authorized');
    },
  );

  conversation('is not shown twice with one count [XEP-0484 4.4]', absent, async ({ juliet }) => {
    const given = await getsToken(juliet);
    const counted = (count: number) => comesBack(juliet, given, { attributes: `count='${count}'` });
    expect(await counted(1)).toBeNull();
    expect(await counted(1)).toBe('not-authorized');
    expect(await counted(5)).toBeNull();
    expect(await counted(4)).toBe('not-authorized');
    expect(await counted(6)).toBeNull();
    const second = await getsToken(juliet);
    expect(await comesBack(juliet, second, { attributes: "count='1'" })).toBeNull();
  });

  conversation('is given back when its user signs out [XEP-0484 4.6]', absent, async (people) => {
    const { juliet } = people;
    const given = await getsToken(juliet);
    expect(await comesBack(juliet, given, { attributes: "invalidate='true'" })).toBeNull();
    expect(await comesBack(juliet, given)).toBe('not-authorized');
  });

  conversation(
    'that is given back may be followed by another [XEP-0484 4.6]',
    absent,
    async (p) => {
      const { juliet } = p;
      const first = await getsToken(juliet);
      const last = { attributes: "invalidate='1'", asks: true };
      const second = (await comesBack(juliet, first, last)) as { token: string };
      expect(await comesBack(juliet, first)).toBe('not-authorized');
      expect(await comesBack(juliet, second)).toBeNull();
    },
  );

  conversation(
    'goes when more clients come than may have one',
    { ...absent, config: { signIn: { tokens: { clientsPerAccount: 2 } } } },
    async ({ juliet }, server) => {
      const agents = ['1', '2', '3'].map((digit) => PHONE.replace(/^./, digit));
      const [first, second, third] = agents as [string, string, string];
      const tokens = new Map<string, { token: string }>();
      for (const agent of [first, second]) tokens.set(agent, await getsToken(juliet, { agent }));
      server.clock.advance(1);
      expect(await comesBack(juliet, tokens.get(first)!, { agent: first })).toBeNull();
      tokens.set(third, await getsToken(juliet, { agent: third }));
      const answers = agents.map(async (agent) => [agent, tokens.get(agent)!] as const);
      const heard = [];
      for await (const [agent, token] of answers) {
        heard.push(await comesBack(juliet, token, { agent }));
      }
      expect(heard).toEqual([null, 'not-authorized', null]);
    },
  );

  conversation('is nowhere to be read in the store', absent, async ({ juliet }, { storage }) => {
    const { token } = await getsToken(juliet);
    const [record] = await storage.tokens.list(juliet.bare);
    expect(record).toMatchObject({ client: PHONE, name: 'Test', slot: 'new' });
    expect(record!.sealed.includes(token)).toBe(false);
    expect(record!.sealed.includes(Buffer.from(token, 'base64url'))).toBe(false);
  });
});

describe('tokens are void', () => {
  conversation(
    'once the user has changed the password [XEP-0484 5.2]',
    absent,
    async ({ juliet }) => {
      const given = await getsToken(juliet);
      await juliet.returns({ quietly: true });
      await sets(juliet, credentials('juliet', 'another Secret 1'));
      await getsResult(juliet);
      await juliet.leaves();
      expect(await comesBack(juliet, given)).toBe('credentials-expired');
    },
  );

  conversation(
    'once the operator has set it [XEP-0484 5.2]',
    absent,
    async ({ juliet }, server) => {
      const given = await getsToken(juliet);
      const password = 'another Secret 1';
      await command(server, 'user.passwd', { jid: juliet.bare, password });
      expect(await comesBack(juliet, given)).toBe('credentials-expired');
    },
  );

  conversation(
    'while the account is disabled [XEP-0484 5.2]',
    absent,
    async ({ juliet }, server) => {
      const given = await getsToken(juliet);
      await command(server, 'user.disable', { jid: juliet.bare });
      expect(await comesBack(juliet, given)).toBe('not-authorized');
      await command(server, 'user.enable', { jid: juliet.bare });
      expect(await comesBack(juliet, given)).toBeNull();
    },
  );

  conversation('with the account', absent, async ({ juliet }, server) => {
    const given = await getsToken(juliet);
    await command(server, 'user.delete', { jid: juliet.bare });
    expect(await comesBack(juliet, given)).toBe('not-authorized');
    const password = 'another Secret 1';
    await command(server, 'user.add', { jid: juliet.bare, password, reuse: true });
    expect(await comesBack(juliet, given)).toBe('not-authorized');
  });

  conversation('that an operator revokes [XEP-0484 5.2]', absent, async ({ juliet }, server) => {
    const jid = juliet.bare;
    const phone = await getsToken(juliet);
    const laptop = await getsToken(juliet, { agent: LAPTOP });
    await comesBack(juliet, phone);
    const { result } = await command(server, 'token.list', { jid });
    expect(result).toMatchObject({
      tokens: [
        { client: PHONE, name: 'Test', mechanism: 'HT-SHA-256-NONE', used: server.clock.now() },
        { client: LAPTOP, used: null },
      ],
    });
    expect(JSON.stringify(result)).not.toMatch(/sealed|secret/);
    const revoke = (params: object) => command(server, 'token.revoke', { jid, ...params });
    expect(await revoke({ client: PHONE.toUpperCase() })).toEqual({ result: { revoked: 1 } });
    expect(await comesBack(juliet, phone)).toBe('credentials-expired');
    expect(await comesBack(juliet, laptop, { agent: LAPTOP })).toBeNull();
    expect(await revoke({ client: PHONE })).toMatchObject({ error: { code: 'not-found' } });
    expect(await revoke({})).toEqual({ result: { revoked: 1 } });
    expect(await revoke({})).toEqual({ result: { revoked: 0 } });
    expect(await comesBack(juliet, laptop, { agent: LAPTOP })).toBe('credentials-expired');
    expect(await command(server, 'token.list', { jid })).toEqual({ result: { tokens: [] } });
  });

  conversation('for nobody who is not there', {}, async ({ stranger }, server) => {
    await stranger.exists();
    for (const name of ['token.list', 'token.revoke']) {
      const answer = await command(server, name, { jid: 'nobody@localhost' });
      expect(answer).toMatchObject({ error: { code: 'not-found' } });
    }
  });
});

describe('where accounts are kept elsewhere', () => {
  let site: AccountSite;
  let issuer: TokenIssuer;
  beforeAll(async () => {
    [site, issuer] = await Promise.all([AccountSite.open(), TokenIssuer.open()]);
  });
  afterAll(() => Promise.all([site.close(), issuer.close()]));
  beforeEach(() => {
    site.mood = undefined;
    site.questions.length = 0;
    site.passwords.clear();
  });

  const asking = (more: object = {}) => ({
    ...absent,
    createAccount: (username: string, password: string) => {
      site.passwords.set(username, password);
    },
    config: {
      get accounts() {
        return site.config(more);
      },
    },
  });

  conversation('each sign-in asks whether it still is [XEP-0484 5.2]', asking(), async (people) => {
    const { juliet } = people;
    const given = await getsToken(juliet);
    site.questions.length = 0;
    expect(await comesBack(juliet, { token: 'forged' })).toBe('not-authorized');
    expect(site.questions).toEqual([]);
    expect(await comesBack(juliet, given)).toBeNull();
    expect(site.questions).toMatchObject([{ ask: 'exists', user: 'juliet' }]);
    site.mood = (response) => void response.writeHead(500).end();
    expect(await comesBack(juliet, given)).toBe('temporary-auth-failure');
    site.mood = undefined;
    site.passwords.delete('juliet');
    expect(await comesBack(juliet, given)).toBe('not-authorized');
  });

  conversation(
    'the password is shown once in a lifetime [XEP-0484 5.2]',
    asking(),
    async ({ juliet }, server) => {
      const first = await getsToken(juliet);
      server.clock.advance(20 * DAY);
      const second = (await comesBack(juliet, first)) as { token: string; expiry: string };
      expect(second.expiry).toBe(first.expiry);
      server.clock.advance(DAY);
      expect(await comesBack(juliet, second)).toBe('credentials-expired');
    },
  );

  conversation(
    'a password that is changed from here makes them void [XEP-0484 5.2]',
    asking({ changePassword: true }),
    async ({ juliet }, server) => {
      const given = await getsToken(juliet);
      const password = 'another Secret 1';
      await command(server, 'user.passwd', { jid: juliet.bare, password });
      expect(await comesBack(juliet, given)).toBe('credentials-expired');
    },
  );

  conversation('one that is disabled here does not come back', asking(), async (people, server) => {
    const { juliet } = people;
    const given = await getsToken(juliet);
    await juliet.returns({ quietly: true });
    await juliet.leaves();
    await command(server, 'user.disable', { jid: juliet.bare });
    expect(await comesBack(juliet, given)).toBe('not-authorized');
  });

  conversation(
    'by somebody who can only be asked about tokens of theirs, none are given',
    {
      config: {
        get accounts() {
          return issuer.config();
        },
      },
    },
    async ({ stranger }) => {
      await stranger.connectsSecurely();
      expect(stranger.features).toContain('OAUTHBEARER');
      expect(stranger.features).not.toContain(FAST);
    },
  );
});
