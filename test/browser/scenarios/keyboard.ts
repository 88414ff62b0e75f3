import type { Page } from 'playwright-core';
import { until } from '../../interop/support/poll.ts';
import { freshAccount } from '../../interop/support/target.ts';
import { moveIn, type Resident, said } from '../support/walk.ts';
import type { Scenario, Stage } from './scenario.ts';

/** Everything without a pointer, in the order of the page. */
export const keyboardScenario: Scenario = {
  name: 'keyboard',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('keyboard', what, body);
    const romeo = await moveIn(stage, 'romeo');
    const juliet = await check('signs in', () => signsIn(stage));
    const { page } = juliet;
    await check('adds a contact', async () => {
      await tabTo(page, 'Add contact');
      await page.keyboard.press('Enter');
      await tabTo(page, 'Address');
      await page.keyboard.type(romeo.account.address);
      await page.keyboard.press('Enter');
      await romeo.page.getByRole('button', { name: /^Accept/ }).focus();
      await romeo.page.keyboard.press('Enter');
      await page.getByRole('main').getByText('Available').waitFor();
    });
    await check('writes a message, corrects it, and takes it back', async () => {
      await until(
        'the message field has the focus',
        async () => (await focused(page)) === 'Message',
      );
      await page.keyboard.type('Three words, dear Romeo');
      await page.keyboard.press('Enter');
      await page.keyboard.press('ArrowUp');
      await page.getByRole('button', { name: 'Stop editing' }).waitFor();
      await page.keyboard.type(', and good night');
      await page.keyboard.press('Enter');
      await said(juliet, 'Three words, dear Romeo, and good night').waitFor();
      await deletesLast(page);
      await said(juliet, 'Message deleted').waitFor();
    });
    await check('a dialog keeps the focus, and gives it back', async () => {
      await tabTo(page, 'Add contact');
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      for (let presses = 0; presses < 12; presses++) {
        await page.keyboard.press('Tab');
        if (await isOutside(page))
          throw new Error(`after ${presses} it is at ${await focused(page)}`);
      }
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      if ((await focused(page)) !== 'Add contact') throw new Error(await focused(page));
    });
    await check('everything that can be pressed has a name', () => assertNames(page));
    await check('a new message is told to those who do not see it', async () => {
      await romeo.page.getByRole('navigation').getByRole('button').first().press('Enter');
      const field = romeo.page.getByRole('textbox', { name: 'Message' });
      await field.fill('Good night, good night!');
      await field.press('Enter');
      const told = page.getByRole('status').filter({ hasText: 'Good night, good night!' });
      await told.waitFor({ state: 'attached' });
    });
  },
};

async function signsIn({ site, browser }: Stage): Promise<Resident> {
  const account = await freshAccount(site, 'juliet');
  const person = await browser.person(account.user, site.url);
  const { page } = person;
  await until('the address has the focus', async () => (await focused(page)) === 'Address');
  await page.keyboard.type(account.user);
  await tabTo(page, 'Password');
  await page.keyboard.type(account.password);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Add contact' }).waitFor();
  return Object.assign(person, { account });
}

/** From the message field: back to the messages, up to the last, into its menu. */
async function deletesLast(page: Page): Promise<void> {
  for (const key of ['Shift+Tab', 'Shift+Tab', 'ArrowUp', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('menu', { name: 'Message actions' }).locator(':focus').waitFor();
  for (const key of ['ArrowDown', 'Enter']) await page.keyboard.press(key);
  await page.getByRole('dialog', { name: 'Delete this message?' }).waitFor();
  await tabTo(page, 'Delete for everyone');
  await page.keyboard.press('Enter');
}

const MAX_PRESSES = 60;

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < MAX_PRESSES; presses++) {
    if ((await focused(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${name} is not reached`);
}

/** The accessible name of what has the focus, as far as this page gives names. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement | null;
    const label = element?.getAttribute('aria-label') ?? element?.labels?.[0]?.textContent;
    return (label ?? element?.textContent ?? '').trim();
  });
}

function isOutside(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { activeElement } = document;
    return activeElement !== document.body && !activeElement?.closest('dialog');
  });
}

async function assertNames(page: Page): Promise<void> {
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a, input:not([type=file]), textarea')]
      .filter((element) => {
        const { labels } = element as HTMLInputElement;
        return !element.ariaLabel && !element.textContent?.trim() && !labels?.length;
      })
      .map(({ outerHTML }) => outerHTML),
  );
  if (nameless.length > 0) throw new Error(nameless.join('\n'));
}
