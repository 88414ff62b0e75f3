import { pbkdf2Sync } from 'node:crypto';
import { expect } from '@jest/globals';
import { deriveScramKeys } from '../../src/stream/sasl/scram-keys.ts';
import { clientFinal, readServerFirst } from '../security/support/scram.ts';
import { type Client, PASSWORD } from '../support/client.ts';
// Inside, since imported accounts are made in the store.
import { conversationInside as conversation } from '../support/conversation.ts';
import type { TestServer } from '../support/server.ts';
import { anything } from '../support/template.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const UPGRADE = 'urn:xmpp:sasl:upgrade:0';
const SCRAM = 'urn:xmpp:scram-upgrade:0';
const JULIA = 'julia@localhost';

/** An account of which an export had keys for SCRAM-SHA-1 alone. */
async function importAccount(server: TestServer): Promise<void> {
  const facts = { nickname: null, isDisabled: false, created: 0, lastLogin: null, source: null };
  const keys = [await deriveScramKeys(PASSWORD, 'SHA-1', 4096)];
  await server.storage.users.create({ owner: JULIA, ...facts, imported: 'SHA-1' }, keys);
  await server.server.find('localhost')!.keeper.imported.look();
}

/** Signs in by SCRAM with that hash, up to the answer to the last message. */
async function proves(client: Client, hash: 'SHA-1' | 'SHA-256', wishes = ''): Promise<void> {
  const first = Buffer.from('n,,n=julia,r=abc').toString('base64');
  await client.connectsSecurely();
  await client.sends`
    <authenticate xmlns='${SASL2}' mechanism='SCRAM-${hash}'>
      <initial-response>${first}</initial-response>${wishes}
    </authenticate>`;
  const challenge = await client.gets`<challenge xmlns='${SASL2}'>${anything}</challenge>`;
  const final = clientFinal({
    hash: hash === 'SHA-1' ? 'sha1' : 'sha256',
    password: PASSWORD,
    firstBare: 'n=julia,r=abc',
    server: readServerFirst(challenge.getText()),
  });
  const text = Buffer.from(final).toString('base64');
  await client.sends`<response xmlns='${SASL2}'>${text}</response>`;
}

conversation(
  'an account with old keys gets new ones from its client, and signs in by them [XEP-0480 3]',
  {},
  async ({ stranger: { laptop, phone } }, server) => {
    await laptop.exists();
    await importAccount(server);
    await proves(laptop, 'SHA-1', `<upgrade xmlns='${UPGRADE}'>UPGR-SCRAM-SHA-256</upgrade>`);
    expect(laptop.features).toContain(`<upgrade xmlns="${UPGRADE}">UPGR-SCRAM-SHA-256</upgrade>`);
    await laptop.gets`
      <continue xmlns='${SASL2}'><tasks><task>UPGR-SCRAM-SHA-256</task></tasks></continue>`;
    await laptop.sends`<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-256'/>`;
    const data = await laptop.gets`
      <task-data xmlns='${SASL2}'><salt xmlns='${SCRAM}'>${anything}</salt></task-data>`;
    const given = data.getChild('salt')!;
    const salt = Buffer.from(given.getText(), 'base64');
    const salted = pbkdf2Sync(PASSWORD, salt, Number(given.attrs.iterations), 32, 'sha256');
    const hash = `<hash xmlns='${SCRAM}'>${salted.toString('base64')}</hash>`;
    await laptop.sends`<task-data xmlns='${SASL2}'>${hash}</task-data>`;
    await laptop.gets`
      <success xmlns='${SASL2}'>
        <authorization-identifier>${JULIA}</authorization-identifier>
      </success>`;
    await laptop.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
    const { imported } = (await server.storage.users.find(JULIA))!;
    expect(imported).toBe('SHA-1 SHA-256');
    await proves(phone, 'SHA-256');
    expect(phone.features).not.toContain('UPGR-SCRAM-SHA-256');
    await phone.gets`<success xmlns='${SASL2}'/>`;
    await phone.gets`<features xmlns='http://etherx.jabber.org/streams'/>`;
    await laptop.vanishes();
    await phone.vanishes();
  },
);

conversation(
  'who is offered nothing to upgrade is not asked to [XEP-0480 2.1]',
  { absent: ['juliet'] },
  async ({ juliet }) => {
    await juliet.connectsSecurely();
    expect(juliet.features).not.toContain(UPGRADE);
  },
);
