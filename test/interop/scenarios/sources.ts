import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { openSource } from '../../../src/sources/open.ts';
import { type AccountSource, type LdapSettings, SourceError } from '../../../src/sources/ports.ts';
import type { Storage } from '../../../src/storage/ports.ts';
import { AccountSite } from '../../support/account-site.ts';
import { TokenIssuer } from '../../support/token-issuer.ts';
import { BASE, Directory, SEARCHER } from '../support/directory.ts';
import { aioxmpp, nbxmpp, slixmpp, xmppJs } from '../support/libraries.ts';
import type { Account, Target } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

const LIBRARIES = [slixmpp, xmppJs, aioxmpp, nbxmpp];
const PASSWORD = 'speak, friend: 4711';
const PEOPLE = [
  { uid: 'juliet', password: PASSWORD },
  { uid: 'Romeo', password: 'with capitals', rdn: 'cn=Montague\\, Roméo \\+ Co' },
  { uid: 'nurse*', password: 'a star' },
  { uid: 'strauss', password: 'two letters' },
];

/** Accounts that are kept elsewhere: in a directory, at a site, with an issuer of tokens. */
export const sourcesScenario: Scenario = {
  name: 'sources',
  async play(stage) {
    const directory = await Directory.start(await subfolder(stage, 'directory'), PEOPLE);
    await questions(stage, directory);
    // Only our own server knows these.
    if (stage.target.startAnother) await signIns(stage, directory);
    await directory.stop();
  },
};

/** What the source says to the questions that servers ask it. */
async function questions({ check }: Stage, directory: Directory): Promise<void> {
  const ca = await readFile(directory.certificates.authority, 'utf8');
  const settings: LdapSettings = {
    type: 'ldap',
    url: directory.url,
    startTls: true,
    ca,
    ...SEARCHER,
    base: BASE,
    filter: '(&(objectClass=person)(uid={name}))',
    attribute: 'uid',
    timeout: 2_000,
  };
  for (const url of [directory.url, directory.secureUrl]) {
    const source = ask({ ...settings, url });
    await check('slapd', `knows people and passwords, over ${url.split(':')[0]}`, async () => {
      assert.deepEqual(await answers(source, 'juliet', PASSWORD, 'wrong', ''), [
        true,
        false,
        false,
      ]);
      assert.deepEqual(await answers(source, 'romeo', 'with capitals', PASSWORD), [true, false]);
      assert.deepEqual(await answers(source, 'nobody', PASSWORD), [false]);
      assert.equal(await source.exists?.('romeo'), true);
      assert.equal(await source.exists?.('nobody'), false);
    });
    await check('slapd', 'takes names as names, whatever is in them', async () => {
      for (const name of ['*', 'j*', 'juliet)(uid=*', 'juliet)(|(uid=*', '\\2a', 'strauß']) {
        assert.deepEqual(await answers(source, name, PASSWORD, 'two letters'), [false, false]);
        assert.equal(await source.exists?.(name), false);
      }
      assert.deepEqual(await answers(source, 'nurse*', 'a star'), [true]);
    });
    await check('slapd', 'answers many at once', async () => {
      const many = Array.from({ length: 100 }, () => source.verify!('juliet', PASSWORD));
      assert.ok((await Promise.all(many)).every((isRight) => isRight));
    });
    source.close?.();
  }
  const wide = ask({ ...settings, filter: '(|(uid={name})(objectClass=person))' });
  await check('slapd', 'lets nobody in as somebody else by a wide filter', async () => {
    assert.deepEqual(await answers(wide, 'juliet', PASSWORD, 'with capitals'), [true, false]);
    assert.deepEqual(await answers(wide, 'nobody', PASSWORD), [false]);
  });
  const faults: [string, Partial<LdapSettings>][] = [
    ['an authority that nobody trusts', { ca: null }],
    ['no TLS', { startTls: false }],
    ['a wrong password to search with', { password: 'wrong' }],
    ['a base that is not there', { base: 'ou=nowhere,dc=example,dc=org' }],
    ['a filter that is none', { filter: '(uid={name}' }],
    ['nobody who listens', { url: 'ldap://127.0.0.1:1' }],
  ];
  for (const [what, fault] of faults) {
    await check('slapd', `with ${what} is a failed source`, async () => {
      const source = ask({ ...settings, ...fault });
      await assert.rejects(source.verify!('juliet', PASSWORD), SourceError);
    });
  }
  const source = ask({ ...settings, url: directory.secureUrl });
  await check('slapd', 'may be restarted', async () => {
    assert.equal(await source.verify?.('juliet', PASSWORD), true);
    await directory.stop();
    await assert.rejects(source.verify!('juliet', PASSWORD), SourceError);
    await directory.start();
    assert.equal(await source.verify?.('juliet', PASSWORD), true);
  });
  source.close?.();
}

/** Each library with each kind of source. */
async function signIns(stage: Stage, directory: Directory): Promise<void> {
  const site = await AccountSite.open();
  const issuer = await TokenIssuer.open();
  site.passwords.set('juliet', PASSWORD);
  const sources: [string, string, object][] = [
    ['a directory', PASSWORD, directoryConfig(directory)],
    ['a site', PASSWORD, site.config()],
    ['an issuer of tokens', await issuer.sign('juliet'), issuer.config({ tokenAsPassword: true })],
  ];
  for (const [what, password, accounts] of sources) {
    const folder = await subfolder(stage, what.replaceAll(' ', '-'));
    const target = await stage.target.startAnother!(folder, { accounts });
    for (const library of LIBRARIES) {
      await stage.check(library.name, `signs in with the account of ${what}`, async () => {
        const client = library.connect(target, accountOf(target, password));
        await client.sees('online');
        await client.quit();
      });
    }
    await stage.check('slixmpp', `is refused with another password than ${what} has`, async () => {
      const client = slixmpp.connect(target, accountOf(target, 'wrong'));
      await client.sees('failed', { reason: 'authentication' });
    });
    await target.stop();
  }
  await Promise.all([site.close(), issuer.close()]);
}

function directoryConfig({ url, certificates }: Directory): object {
  const ca = `file:${certificates.authority}`;
  return { source: 'ldap', ldap: { url, ca, ...SEARCHER, base: BASE } };
}

function accountOf({ domain }: Target, password: string): Account {
  return { user: 'juliet', domain, address: `juliet@${domain}`, password };
}

function ask(settings: LdapSettings): AccountSource {
  // Only a store of one's own is asked for one.
  const storage = {} as Storage;
  return openSource('localhost', settings, { storage, clock: systemClock, log: silentLog });
}

/** To each password in turn. */
async function answers(
  source: AccountSource,
  name: string,
  ...passwords: string[]
): Promise<boolean[]> {
  const all: boolean[] = [];
  for (const password of passwords) all.push(await source.verify!(name, password));
  return all;
}

async function subfolder({ folder }: Stage, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}
