import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startExampleSite } from '../../interop/support/example-site.ts';
import { slixmpp } from '../../interop/support/libraries.ts';
import { LibraryUser } from '../../interop/support/library-user.ts';
import { makeSiteKey } from '../../interop/support/site-key.ts';
import { type Account, freshAccount, type Target } from '../../interop/support/target.ts';
import { startSite } from '../support/site.ts';
import type { Scenario, Stage } from './scenario.ts';

const MARKUP = '<img src=x onerror="document.title = 1"> & so on';
const ROSE = 'A rose \u{1F339}';
/** The people of the example, and what the site knows them by. */
const PEOPLE = [
  ['juliet', 'wherefore art thou'],
  ['romeo', 'by yonder blessed moon'],
] as const;

/** The pages of docs/embedding.md, on an origin that is not the server's. */
export const embeddingScenario: Scenario = {
  name: 'embedding',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('embedding', what, body);
    await check('Strophe.js chats over WebSocket with Strophe.js over BOSH', () =>
      byPassword(stage),
    );
    await check('who is signed in at a site is signed in to its chat', () => bySession(stage));
  },
};

async function byPassword({ site, browser, folder }: Stage): Promise<void> {
  const server = Number(new URL(site.url).port);
  const { url, running } = await startExampleSite(await subfolder(folder, 'pages'), server);
  const [one, other] = [await freshAccount(site, 'one'), await freshAccount(site, 'other')];
  await asks(site, one, other);
  const pages: Page[] = [];
  for (const [kind, account] of [
    ['websocket', one],
    ['bosh', other],
  ] as const) {
    const { page } = await browser.person(account.user, `${url}strophe/${kind}.html`);
    await signIn(page, account, 'wrong', 'Wrong address or password');
    await signIn(page, account, account.password, `Signed in as ${account.address}`);
    pages.push(page);
  }
  const [onePage, otherPage] = pages as [Page, Page];
  await onePage.getByRole('button', { name: other.address }).click();
  await say(onePage, MARKUP);
  await hears(otherPage, one.address, MARKUP);
  await otherPage.getByLabel('To').fill(one.address);
  await say(otherPage, ROSE);
  await hears(onePage, other.address, ROSE);
  for (const page of pages) await signOut(page);
  await running.end();
}

/** So that there is a contact in the roster. */
async function asks(site: Target, one: Account, other: Account): Promise<void> {
  const device = await LibraryUser.signIn(slixmpp, site, one);
  await device.ask(other.address);
  await device.quit();
}

async function signIn(page: Page, { address }: Account, password: string, outcome: string) {
  await page.getByLabel('Address').fill(address);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(outcome).waitFor();
}

async function bySession({ browser, folder }: Stage): Promise<void> {
  const key = await makeSiteKey(folder);
  const server = await startSite(await subfolder(folder, 'server'), {
    sections: { accounts: key.accounts },
  });
  const port = Number(new URL(server.url).port);
  const env = { XMPP_KEY: key.file };
  const { url, running } = await startExampleSite(await subfolder(folder, 'site'), port, env);
  const pages: Page[] = [];
  for (const [name, password] of PEOPLE) {
    const { page } = await browser.person(name, `${url}site/`);
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(`Signed in as ${name}@${server.domain}`).waitFor();
    pages.push(page);
  }
  const [juliet, romeo] = pages as [Page, Page];
  await juliet.getByLabel('To').fill(`romeo@${server.domain}`);
  await say(juliet, ROSE);
  await hears(romeo, `juliet@${server.domain}`, ROSE);
  for (const page of pages) await signOut(page);
  await running.end();
  await server.stop();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

async function hears(page: Page, from: string, text: string): Promise<void> {
  await page
    .getByRole('listitem')
    .filter({ hasText: `${from} ${text}` })
    .waitFor();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('Not connected').waitFor();
}

async function subfolder(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}
