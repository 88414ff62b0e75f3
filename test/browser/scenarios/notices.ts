import { until } from '../../interop/support/poll.ts';
import { press } from '../support/call-page.ts';
import { befriend, moveIn, type Resident, say } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

declare global {
  interface Window {
    notices: { title: string; body: string; click(): void }[];
    asked: number;
    isHidden: boolean;
  }
}

/** A desktop that keeps what it shows, and a page that is hidden when the test says so. */
const DESKTOP = `{
  window.notices = [];
  window.asked = 0;
  window.isHidden = false;
  window.Notification = class {
    static permission = 'default';
    static async requestPermission() {
      window.asked += 1;
      return (this.permission = 'granted');
    }
    constructor(title, { body }) {
      window.notices.push({ title, body, click: () => this.onclick() });
    }
    close() {}
  };
  const state = { get: () => (window.isHidden ? 'hidden' : 'visible') };
  Object.defineProperty(document, 'visibilityState', state);
}`;

/** The desktop tells of messages and calls, where somebody wants that. */
export const noticesScenario: Scenario = {
  name: 'notices',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('notices', what, body);
    const juliet = await moveIn(stage, 'juliet', { before: DESKTOP });
    const romeo = await moveIn(stage, 'romeo');
    await befriend(juliet, romeo);
    await check('nobody is asked, and nothing shown, before that is wanted', async () => {
      await hides(juliet, true);
      await hears(romeo, juliet, 'One');
      if ((await noticesOf(juliet)).length > 0) throw new Error('there is one');
      if ((await juliet.page.evaluate(() => window.asked)) > 0) throw new Error('it was asked for');
    });
    await check(
      'a button asks; then a hidden page tells of a message, not of its text',
      async () => {
        await opensSettings(juliet);
        await press(juliet, 'Notify me of messages and calls');
        await press(juliet, 'Cancel');
        await hears(romeo, juliet, 'Two');
        await shows(juliet, romeo, 'New message');
      },
    );
    await check('a page that is looked at tells nothing', async () => {
      await hides(juliet, false);
      await hears(romeo, juliet, 'Three');
      if ((await noticesOf(juliet)).length !== 1) throw new Error('there is another');
    });
    await check('what messages say is shown where that is chosen', async () => {
      await opensSettings(juliet);
      await juliet.page.getByLabel('Show what messages say').check();
      await press(juliet, 'Cancel');
      await hides(juliet, true);
      await hears(romeo, juliet, 'Four');
      await shows(juliet, romeo, 'Four');
    });
    await check('a call is told as well, and leads to who calls', async () => {
      await press(romeo, `Call ${juliet.account.user}`);
      await shows(juliet, romeo, 'Calls you');
      await juliet.page.evaluate(() => window.notices.at(-1)!.click());
      await juliet.page.getByRole('heading', { name: romeo.account.user }).first().waitFor();
      await press(romeo, 'Hang up');
    });
  },
};

async function hides({ page }: Resident, isHidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    window.isHidden = value;
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
}

/** The page has taken the message once the list shows it. */
async function hears(from: Resident, to: Resident, text: string): Promise<void> {
  await say(from, text);
  await to.page.getByRole('log').getByText(text, { exact: true }).waitFor();
}

function noticesOf({ page }: Resident) {
  return page.evaluate(() => window.notices.map(({ title, body }) => ({ title, body })));
}

async function shows(who: Resident, { account }: Resident, text: string): Promise<void> {
  await until(`a notice "${text}"`, async () => {
    const last = (await noticesOf(who)).at(-1);
    return last?.title === account.user && last.body === text;
  });
}

async function opensSettings({ page }: Resident): Promise<void> {
  await page.getByRole('button', { name: 'More' }).first().click();
  await page.getByRole('menuitem', { name: 'Profile' }).click();
}
