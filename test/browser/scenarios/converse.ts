import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { befriend } from '../../interop/support/chat-client.ts';
import { slixmpp } from '../../interop/support/libraries.ts';
import { LibraryUser } from '../../interop/support/library-user.ts';
import { type Account, freshAccount } from '../../interop/support/target.ts';
import { fetchConverse, makeConversePage } from '../support/converse.ts';
import { servePages } from '../support/page-server.ts';
import type { Scenario, Stage } from './scenario.ts';

const QUESTION = 'Is <b>anybody</b> & co. there? \u{1F339}';
const LETTER = 'Dear Juliet';

/** Converse.js on a site of its own, over either transport, with slixmpp on TCP. */
export const converseScenario: Scenario = {
  name: 'converse',
  prepare: fetchConverse,
  async play(stage) {
    const { host } = new URL(stage.site.url);
    await visits(stage, 'WebSocket', { websocket_url: `ws://${host}/xmpp-websocket` });
    await visits(stage, 'BOSH', { bosh_service_url: `http://${host}/http-bind` });
  },
};

async function visits(stage: Stage, transport: string, address: object): Promise<void> {
  const { site, browser } = stage;
  const check = <T>(what: string, body: () => Promise<T>) =>
    stage.check('converse', `over ${transport}: ${what}`, body);
  const pages = await openSite(stage, transport, address);
  const account = await freshAccount(site, 'juliet');
  const romeo = await LibraryUser.signIn(slixmpp, site, await freshAccount(site, 'romeo'));
  await haveMet(stage, account, romeo);
  const { page } = await browser.person(`${account.user}-${transport}`, pages.url);
  await check('signs in, and shows who is there', async () => {
    await signIn(page, account);
    await openChat(page, romeo);
  });
  await check('chats with slixmpp on TCP', async () => {
    await say(page, QUESTION);
    await romeo.hears(account.address, QUESTION);
    await romeo.say(account.address, 'I am.');
    await said(page, 'I am.').waitFor();
  });
  await check('a reload goes on with the session', async () => {
    const starts = startsOfSessions(site.log(), account);
    await page.reload();
    await said(page, QUESTION).waitFor();
    await romeo.say(account.address, 'Still there?');
    await said(page, 'Still there?').waitFor();
    await say(page, 'Still.');
    await romeo.hears(account.address, 'Still.');
    if (startsOfSessions(site.log(), account) > starts) throw new Error('it has begun another');
  });
  await check('another browser finds the history in the archive', async () => {
    const other = await browser.person(`${account.user}-other`, pages.url);
    await signIn(other.page, account);
    await openChat(other.page, romeo);
    for (const text of [QUESTION, 'I am.', 'Still there?']) await said(other.page, text).waitFor();
  });
  await check('a file arrives as it was', async () => {
    const address = await sends(page, romeo, account);
    const got = await (await fetch(address)).text();
    if (got !== LETTER) throw new Error(`it is "${got}"`);
  });
  pages.stop();
}

/** A site on another origin, whose policy lets its pages reach the server and nobody else. */
async function openSite({ site, folder }: Stage, name: string, address: object) {
  const { host, origin } = new URL(site.url);
  const files = join(folder, name);
  await mkdir(files);
  await makeConversePage(files, {
    ...address,
    ...{ discover_connection_methods: false, assets_path: '/dist/', view_mode: 'overlayed' },
    show_controlbox_by_default: true,
    // It logs as errors that there is no PEP, and encrypts by that alone.
    ...{ loglevel: 'fatal', blacklisted_plugins: ['converse-omemo', 'converse-omemo-views'] },
  });
  const policy = [
    "default-src 'self'",
    `connect-src 'self' ws://${host} ${origin}`,
    `img-src 'self' data: blob: ${origin}`,
    "style-src 'self' 'unsafe-inline'",
  ];
  return await servePages(files, policy.join('; '));
}

/** So that each is in the other's roster. */
async function haveMet({ site }: Stage, account: Account, other: LibraryUser): Promise<void> {
  const device = await LibraryUser.signIn(slixmpp, site, account);
  await befriend(device, other);
  await device.quit();
}

async function signIn(page: Page, { address, password }: Account): Promise<void> {
  await page.getByLabel('XMPP Address').fill(address);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function openChat(page: Page, { address }: LibraryUser): Promise<void> {
  const contact = page.getByRole('listitem').filter({ hasText: address });
  await contact.locator('.chat-status-online, .contact-name--online').first().waitFor();
  await contact.getByRole('link').click();
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
}

function said(page: Page, text: string) {
  return page.locator('.chat-content').getByText(text);
}

async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
}

/** Sends a file; returns the address that the other gets. */
async function sends(page: Page, other: LibraryUser, { address }: Account): Promise<string> {
  const file = { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from(LETTER) };
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a file to send' }).click();
  await (await choosing).setFiles(file);
  return await other.hearsOf(address, (body) => body.endsWith('/letter.txt'));
}

function startsOfSessions(log: string, { address }: Account): number {
  const lines = log.split('\n');
  return lines.filter((each) => each.includes(address) && each.includes('session started')).length;
}
