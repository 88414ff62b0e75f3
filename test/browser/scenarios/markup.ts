import { client, xml } from '@xmpp/client';
import { freshAccount } from '../../interop/support/target.ts';
import { moveIn, openChat, type Resident } from '../support/walk.ts';
import type { Scenario, Stage } from './scenario.ts';

const RUN = "document.title = 'owned'";
const IMAGE = `<img src=x onerror="${RUN}">`;
const SVG = `<svg xmlns='http://www.w3.org/2000/svg' onload="${RUN}"><script>${RUN}</script></svg>`;

/** What a page must only ever show as it stands. */
const TEXTS = [
  IMAGE,
  `<script>${RUN}</script>`,
  `javascript:${RUN}`,
  `"><iframe srcdoc="<script>${RUN}</script>"></iframe>`,
  `https://example.org/"onmouseover="${RUN}`,
  '&lt;b&gt;not bold&lt;/b&gt;',
  '{{constructor.constructor("return 1")()}}',
];

/** Somebody sends markup wherever there is room for it: none of it runs. */
export const markupScenario: Scenario = {
  name: 'markup',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('markup', what, body);
    const juliet = await moveIn(stage, 'juliet');
    const tybalt = await foe(stage);
    await check('names are text', async () => {
      await tybalt.send(card(`Tybalt ${IMAGE}`, SVG));
      await tybalt.send(xml('presence', { type: 'subscribe', to: juliet.account.address }));
      await juliet.page.getByText(`Tybalt ${IMAGE}`).first().waitFor();
      await juliet.page.getByRole('button', { name: 'Accept Tybalt' }).click();
    });
    await check('messages are text', async () => {
      for (const text of TEXTS) await tybalt.send(message(juliet, xml('body', {}, text)));
      await openChat(juliet, tybalt.person);
      for (const text of TEXTS) await shown(juliet, text).waitFor();
    });
    await check('pictures that are none are not shown', async () => {
      const images = await juliet.page.locator('img').count();
      if (images > 0) throw new Error(`${images} are`);
    });
    await check('files lead nowhere but to the web', async () => {
      for (const url of [`javascript:${RUN}`, `data:text/html,<script>${RUN}</script>`]) {
        const oob = xml('x', { xmlns: 'jabber:x:oob' }, xml('url', {}, url));
        await tybalt.send(message(juliet, xml('body', {}, url), oob));
        await shown(juliet, url).last().waitFor();
      }
      await assertLinks(juliet);
    });
    await check('XHTML, headers and subjects are not taken for more than they are', async () => {
      const html = xml('html', { xmlns: 'http://jabber.org/protocol/xhtml-im' });
      const body = xml('body', { xmlns: 'http://www.w3.org/1999/xhtml' });
      body.append(xml('img', { src: 'x', onerror: RUN }));
      html.append(body);
      await tybalt.send(message(juliet, xml('body', {}, 'Plain words'), html));
      await shown(juliet, 'Plain words').waitFor();
    });
    await check('nothing of it has run', async () => {
      const title = await juliet.page.title();
      if (title.includes('owned')) throw new Error(title);
      const strange = await juliet.page.locator('iframe, object, embed, script:not([src])').count();
      if (strange > 0) throw new Error(`${strange} elements are there that should not be`);
    });
    await tybalt.stop();
  },
};

/** A client that sends whatever it likes. */
async function foe(stage: Stage) {
  const { site } = stage;
  const account = await freshAccount(site, 'tybalt');
  const service = `${site.url.replace(/^http/, 'ws')}xmpp-websocket`;
  const { user: username, domain, password } = account;
  const connection = client({ service, domain, username, password });
  await connection.start();
  await connection.send(xml('presence'));
  return {
    // The page calls them by their nickname.
    person: { account: { ...account, user: 'Tybalt' } } as unknown as Resident,
    send: (stanza: ReturnType<typeof xml>) => connection.send(stanza),
    stop: () => connection.stop(),
  };
}

function card(nickname: string, picture: string) {
  const data = Buffer.from(picture).toString('base64');
  const photo = xml('PHOTO', {}, xml('TYPE', {}, 'image/svg+xml'), xml('BINVAL', {}, data));
  const vcard = xml('vCard', { xmlns: 'vcard-temp' }, xml('NICKNAME', {}, nickname), photo);
  return xml('iq', { type: 'set', id: 'card' }, vcard);
}

function message({ account }: Resident, ...children: ReturnType<typeof xml>[]) {
  return xml('message', { type: 'chat', to: account.address }, ...children);
}

/** A message of exactly that text. */
function shown({ page }: Resident, text: string) {
  const texts = page.getByRole('log').locator('.text');
  return texts.filter({ hasText: text }).first();
}

async function assertLinks({ page }: Resident): Promise<void> {
  const links = await page.getByRole('log').getByRole('link').all();
  for (const link of links) {
    const address = (await link.getAttribute('href')) ?? '';
    if (!/^https?:\/\/[^"<]*$/.test(address)) throw new Error(address);
    if ((await link.getAttribute('rel'))?.includes('noopener') !== true) throw new Error('no rel');
  }
}
