import { until } from '../../interop/support/poll.ts';
import {
  anotherDevice,
  befriend,
  openChat,
  type Resident,
  said,
  say,
  signUp,
} from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

const BALCONY = 'But soft! What light through yonder window breaks?';

/** Two newcomers meet, talk, and find again what they have said. */
export const chatScenario: Scenario = {
  name: 'chat',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('chat', what, body);
    const romeo = await check('one signs up', () => signUp(stage, 'romeo'));
    const juliet = await check('another signs up', () => signUp(stage, 'juliet', { dark: true }));
    await check('one asks, the other accepts, and they see each other', async () => {
      await befriend(romeo, juliet);
      for (const each of [romeo, juliet]) {
        await each.page.getByRole('main').getByText('Available').waitFor();
      }
    });
    await check('a message arrives, and its sender sees that it was read', async () => {
      await say(romeo, BALCONY);
      await said(juliet, BALCONY).waitFor();
      await romeo.page.getByRole('log').getByText('Read', { exact: true }).waitFor();
    });
    await check('who writes is seen writing', async () => {
      await juliet.page.getByRole('textbox', { name: 'Message' }).pressSequentially('Ay me');
      await romeo.page.getByText(`${juliet.account.user} is typing…`).waitFor();
      await juliet.page.keyboard.press('Enter');
      await said(romeo, 'Ay me').waitFor();
      await romeo.page.getByText('is typing…').waitFor({ state: 'detached' });
    });
    await check('a correction takes the place of what it corrects', () => corrects(juliet, romeo));
    await check('what is taken back is gone for both', () => takesBack(romeo, juliet));
    await stage.photograph('chat-dark', juliet.page);
    await check('another device has all of it, and what is said from then on', async () => {
      const phone = await anotherDevice(stage, juliet, { width: 390, height: 760 });
      await openChat(phone, romeo);
      await said(phone, BALCONY).waitFor();
      await say(phone, 'O Romeo, Romeo! wherefore art thou Romeo?');
      for (const each of [romeo, juliet]) await said(each, 'wherefore art thou').waitFor();
      await stage.photograph('chat-phone', phone.page);
      await phone.page.getByRole('button', { name: 'Back to the conversations' }).click();
      await phone.page.getByRole('list', { name: 'Conversations' }).waitFor();
    });
    await stage.photograph('chat', romeo.page);
    await check('a reload keeps the sign-in, and finds the history', async () => {
      await romeo.page.reload();
      await openChat(romeo, juliet);
      await said(romeo, BALCONY).waitFor();
      await said(romeo, 'Ay me!').waitFor();
      await said(romeo, 'Message deleted').waitFor();
    });
    await check('what is not looked at is counted, until it is', () =>
      counts(stage, romeo, juliet),
    );
    await check('a search finds a message by its words', () => searches(juliet));
    await check('a contact gets another name, and is let go', () =>
      renamesAndRemoves(romeo, juliet),
    );
  },
};

async function corrects(who: Resident, other: Resident): Promise<void> {
  const field = who.page.getByRole('textbox', { name: 'Message' });
  await field.press('ArrowUp');
  await field.fill('Ay me!');
  await field.press('Enter');
  for (const each of [who, other]) {
    await said(each, 'Ay me!').waitFor();
    await said(each, 'edited').waitFor();
  }
}

async function takesBack(who: Resident, other: Resident): Promise<void> {
  await say(who, 'Is the day so young?');
  await said(other, 'so young').waitFor();
  const mine = who.page.getByRole('log').getByRole('listitem').filter({ hasText: 'so young' });
  await mine.hover();
  await mine.getByRole('button', { name: 'Message actions' }).click();
  await who.page.getByRole('menuitem', { name: 'Delete for everyone' }).click();
  const dialog = who.page.getByRole('dialog', { name: 'Delete this message?' });
  await dialog.getByRole('button', { name: 'Delete for everyone' }).click();
  for (const each of [who, other]) {
    await said(each, 'Message deleted').waitFor();
    await said(each, 'so young').waitFor({ state: 'detached' });
  }
}

async function counts(
  { site }: { site: { url: string } },
  who: Resident,
  other: Resident,
): Promise<void> {
  // A page that shows no conversation.
  await who.page.goto(site.url);
  await who.page.getByRole('list', { name: 'Conversations' }).waitFor();
  for (const text of ['Romeo!', 'My dear?']) await say(other, text);
  const row = who.page.getByRole('navigation').getByRole('button', { name: '2 unread' });
  await row.waitFor();
  await until('the title counts', async () => (await who.page.title()) === '(2) Epode');
  // The server counts as well.
  await who.page.reload();
  await row.click();
  await until('the title is plain', async () => (await who.page.title()) === 'Epode');
  await other.page.getByRole('log').getByText('Read', { exact: true }).last().waitFor();
  await who.page.reload();
  await who.page.getByRole('list', { name: 'Conversations' }).waitFor();
  await until('nothing is unread', async () => (await row.count()) === 0);
  await openChat(who, other);
}

async function searches({ page }: Resident): Promise<void> {
  const search = page.getByRole('searchbox');
  await search.fill('yonder wind');
  await page.getByRole('list', { name: 'Messages' }).getByRole('button').click();
  const found = page.getByRole('log').getByRole('listitem').filter({ hasText: 'yonder' });
  await until('the message has the focus', () =>
    found.evaluate((item) => item === document.activeElement),
  );
  await search.fill('nothing like this');
  await page.getByText('Nothing found').waitFor();
  await search.press('Escape');
}

async function renamesAndRemoves({ page }: Resident, { account }: Resident): Promise<void> {
  const menu = page.getByRole('main').getByRole('button', { name: 'More' });
  await menu.click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('My lady');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'My lady' }).waitFor();
  await menu.click();
  await page.getByRole('menuitem', { name: 'Remove contact' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove contact' }).click();
  await page.getByRole('heading', { name: account.user }).waitFor();
  await page.getByText('Not in your contacts').waitFor();
}
