import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXAMPLES, type ExampleSite, startExampleSite } from '../support/example-site.ts';
import { slixmpp, stropheJs } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { run } from '../support/process.ts';
import { makeSiteKey } from '../support/site-key.ts';
import { type Account, freshAccount, type Target } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

const TEXT = 'Your order is on its way: <b> & "Grüße" \u{1F339}';
/** What the example's people have as passwords. */
const PASSWORD = 'wherefore art thou';

/** What docs/embedding.md shows to who has a web site in PHP. */
export const embeddingScenario: Scenario = {
  name: 'embedding',
  async play(stage) {
    const { target, check } = stage;
    // Other servers have BOSH elsewhere.
    if (target.web === undefined) return;
    await sending(stage, target.web);
    await check('PHP', "a site's people are imported with their hashes", () => imports(stage));
    await tokens(stage);
  },
};

/** A message from PHP, by BOSH. */
async function sending({ target, check }: Stage, web: { http: number; https: number }) {
  const site = await freshAccount(target, 'site');
  const juliet = await LibraryUser.signIn(slixmpp, target, await freshAccount(target, 'reader'));
  const urls = [
    `http://localhost:${web.http}/http-bind`,
    `https://localhost:${web.https}/http-bind`,
  ] as const;
  for (const url of urls) {
    await check('PHP', `sends to slixmpp, over ${new URL(url).protocol}`, async () => {
      await send(target, site, url, juliet.address, TEXT);
      await juliet.hears(site.address, TEXT);
    });
  }
  const [url] = urls;
  const nobody = `nobody-${site.user}@${target.domain}`;
  const refusals: [string, () => Promise<string>, RegExp][] = [
    ['a wrong password', () => wrong(target, site, url, juliet), /may not sign in: not-authorized/],
    ['nobody there', () => send(target, site, url, nobody, 'Hi'), /refused: service-unavailable/],
    [
      'a certificate of an unknown authority',
      () => php(site, urls[1], juliet.address, 'Hi'),
      /certificate verify failed/i,
    ],
    [
      'a password without encryption',
      () => php(site, 'http://192.0.2.1/http-bind', juliet.address, 'Hi'),
      /use https/,
    ],
  ];
  for (const [what, refused, why] of refusals) {
    await check('PHP', `says what is wrong: ${what}`, () => assert.rejects(refused, why));
  }
  await juliet.quit();
}

function wrong(target: Target, site: Account, url: string, { address }: LibraryUser) {
  return send(target, { ...site, password: 'wrong' }, url, address, 'Hi');
}

function send(target: Target, site: Account, url: string, to: string, text: string) {
  return php(site, url, to, text, ['-d', `openssl.cafile=${target.certificates.authority}`]);
}

async function php(site: Account, url: string, to: string, text: string, options: string[] = []) {
  const env = { XMPP_ACCOUNT: site.address, XMPP_PASSWORD: site.password, XMPP_BOSH: url };
  const script = join(EXAMPLES, 'php', 'send.php');
  return await run('/usr/bin/php', [...options, script, to, text], { env });
}

async function imports(stage: Stage): Promise<void> {
  // Of its own: until all have come, PLAIN alone is offered.
  const target = await anotherServer(stage, 'imported', {});
  await target.importUsers!(await readFile(join(EXAMPLES, 'site', 'users.csv'), 'utf8'));
  const client = slixmpp.connect(target, juliet(target, PASSWORD));
  await client.sees('online');
  await client.quit();
  await target.stop();
}

/** The site's session lets its page in, without another password. */
async function tokens(stage: Stage): Promise<void> {
  const key = await makeSiteKey(stage.folder);
  const target = await anotherServer(stage, 'tokens', { accounts: key.accounts });
  const folder = join(stage.folder, 'site');
  const site = await startExampleSite(folder, target.web!.http, { XMPP_KEY: key.file });
  await stage.check('PHP', 'gives no token to who is not signed in', async () => {
    assert.equal((await fetch(`${site.url}site/token.php`)).status, 403);
    await assert.rejects(sessionOf(site, 'wrong'), /403/);
  });
  await stage.check(stropheJs.name, 'signs in with a token of PHP', async () => {
    const cookie = await sessionOf(site, PASSWORD);
    const response = await fetch(`${site.url}site/token.php`, { headers: { cookie } });
    const { address, token } = (await response.json()) as { address: string; token: string };
    assert.equal(address, `juliet@${target.domain}`);
    const service = `ws://localhost:${target.web!.http}/xmpp-websocket`;
    const client = stropheJs.connect(target, juliet(target, token), { service });
    await client.sees('online');
    await client.quit();
    assert.match(target.log(), /"mechanism":"OAUTHBEARER","msg":"signed in"/);
  });
  await Promise.all([site.running.end(), target.stop()]);
}

/** The cookie of juliet's session at the site. */
async function sessionOf({ url }: ExampleSite, password: string): Promise<string> {
  const body = new URLSearchParams({ name: 'juliet', password });
  const response = await fetch(`${url}site/`, { method: 'POST', body, redirect: 'manual' });
  if (response.status !== 303) throw new Error(`the site answers ${response.status}`);
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  return cookies.at(-1) ?? '';
}

function juliet({ domain }: Target, password: string): Account {
  return { user: 'juliet', domain, address: `juliet@${domain}`, password };
}

async function anotherServer({ target, folder }: Stage, name: string, settings: object) {
  const own = join(folder, name);
  await mkdir(own);
  return await target.startAnother!(own, settings);
}
