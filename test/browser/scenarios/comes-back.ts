import { until } from '../../interop/support/poll.ts';
import { befriend, moveIn, openChat, type Resident, said, say } from '../support/walk.ts';
import type { Scenario, Stage } from './scenario.ts';

/** What becomes of a sign-in: connections break, tabs are opened, people leave. */
export const comesBackScenario: Scenario = {
  name: 'comes-back',
  async play(common) {
    // The server of all scenarios outlives each of them.
    const stage = { ...common, site: await common.startAnother() };
    const check = <T>(what: string, body: () => Promise<T>) =>
      stage.check('comes-back', what, body);
    const juliet = await moveIn(stage, 'juliet');
    const romeo = await moveIn(stage, 'romeo');
    await befriend(juliet, romeo);
    await check('no password is kept anywhere', () => keepsNoPassword(juliet));
    await check('what is written while the server is away arrives, and once', () =>
      restarts(stage, juliet, romeo),
    );
    await check('a second tab takes over, and the first can have it back', async () => {
      const tab = await juliet.openTab(stage.site.url);
      await tab.getByRole('button', { name: 'Add contact' }).waitFor();
      await juliet.page.getByText('in use in another tab').waitFor();
      await juliet.page.getByRole('button', { name: 'Use it here' }).click();
      await tab.getByText('in use in another tab').waitFor();
      await openChat(juliet, romeo);
      await tab.close();
    });
    await check('who signs out leaves nothing behind', () => signsOut(juliet));
    await check('a wrong password is told, a right one lets in', () => signsInAgain(juliet));
  },
};

async function keepsNoPassword({ page, account }: Resident): Promise<void> {
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
  );
  if (!kept.includes(account.address)) throw new Error('nothing is remembered');
  if (kept.includes(account.password)) throw new Error('the password is');
}

async function restarts({ site }: Stage, writer: Resident, reader: Resident): Promise<void> {
  await say(writer, 'Written before');
  await said(reader, 'Written before').waitFor();
  const restarted = site.restart!();
  await writer.page.getByText(/No connection|Connecting/).waitFor();
  await say(writer, 'Written while away');
  await restarted;
  await said(reader, 'Written while away').waitFor({ timeout: 60_000 });
  await say(writer, 'Written behind it');
  await said(reader, 'Written behind it').waitFor();
  for (const each of [writer, reader]) {
    const count = await said(each, 'Written while away').count();
    if (count !== 1) throw new Error(`it is there ${count} times`);
    // Browsers tell of connections that are refused.
    each.complaints.splice(0);
  }
}

async function signsOut({ page }: Resident): Promise<void> {
  await page.getByRole('button', { name: 'More' }).first().click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  const kept = () => page.evaluate(() => localStorage.length + sessionStorage.length);
  await until('nothing is kept', async () => (await kept()) === 0);
  await page.reload();
  await page.getByLabel('Password', { exact: true }).waitFor();
}

async function signsInAgain({ page, account }: Resident): Promise<void> {
  await page.getByLabel('Address').fill(account.user);
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Address or password is wrong.').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Add contact' }).waitFor();
}
