import type { Page } from 'playwright-core';
import { until } from '../../interop/support/poll.ts';
import { befriend, moveIn, openChat, type Resident, said, say, signIn } from '../support/walk.ts';
import type { Scenario, Stage } from './scenario.ts';

const HELD = 'Written on the way out';

/** What becomes of messages that do not arrive at once. */
export const unsentScenario: Scenario = {
  name: 'unsent',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('unsent', what, body);
    const juliet = await moveIn(stage, 'juliet');
    const romeo = await moveIn(stage, 'romeo');
    await befriend(juliet, romeo);
    await check('what the server has not got goes after a reload, and once', () =>
      reloads(juliet, romeo),
    );
    await check('what the server has got does not go again after a reload', () =>
      reloadsBehind(juliet, romeo),
    );
    await check('what waits is forgotten with the sign-out', () => signsOut(juliet, romeo));
    await check('what could not be delivered is sent again by a button', () =>
      sendsAgain(stage, romeo),
    );
  },
};

/** A line that swallows what holds one of these words, in that direction, while it is told to. */
async function makeLine(page: Page, direction: 'out' | 'in') {
  const line = { swallows: /^$/ };
  await page.routeWebSocket(/xmpp-websocket/, (socket) => {
    const server = socket.connectToServer();
    const passes = (message: string | Buffer, way: 'out' | 'in') =>
      way !== direction || !line.swallows.test(String(message));
    socket.onMessage((message) => passes(message, 'out') && server.send(message));
    server.onMessage((message) => passes(message, 'in') && socket.send(message));
  });
  await page.reload();
  return line;
}

async function reloads(writer: Resident, reader: Resident): Promise<void> {
  const line = await makeLine(writer.page, 'out');
  await openChat(writer, reader);
  line.swallows = new RegExp(HELD);
  await say(writer, HELD);
  await writer.page.getByRole('log').getByText('Sending').waitFor();
  line.swallows = /^$/;
  await writer.page.reload();
  await openChat(writer, reader);
  await arrivesOnce(writer, reader, HELD);
}

/** The answers are lost: the page does not know that its message has arrived. */
async function reloadsBehind(writer: Resident, reader: Resident): Promise<void> {
  const line = await makeLine(writer.page, 'in');
  await openChat(writer, reader);
  line.swallows = /<a |<receipt|received|displayed/;
  await say(writer, 'Heard, and not confirmed');
  await said(reader, 'Heard, and not confirmed').waitFor();
  line.swallows = /^$/;
  await writer.page.reload();
  await openChat(writer, reader);
  await arrivesOnce(writer, reader, 'Heard, and not confirmed');
}

/** What is written behind it has arrived, so that it would have come a second time by then. */
async function arrivesOnce(writer: Resident, reader: Resident, text: string): Promise<void> {
  await said(reader, text).waitFor();
  await say(writer, `Behind: ${text.length}`);
  await said(reader, `Behind: ${text.length}`).waitFor();
  for (const each of [writer, reader]) {
    const count = await said(each, text).count();
    if (count !== 1) throw new Error(`it is there ${count} times`);
  }
  const kept = () => writer.page.evaluate(() => sessionStorage.getItem('epode.unsent'));
  await until('nothing waits any more', async () => (await kept()) === null);
}

async function signsOut(writer: Resident, reader: Resident): Promise<void> {
  const { page, account } = writer;
  const line = await makeLine(page, 'out');
  await openChat(writer, reader);
  line.swallows = /Never mind/;
  await say(writer, 'Never mind');
  await page.getByRole('log').getByText('Sending').waitFor();
  line.swallows = /^$/;
  await page.getByRole('button', { name: 'More' }).first().click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Password', { exact: true }).waitFor();
  const kept = await page.evaluate(() => JSON.stringify([sessionStorage, localStorage]));
  if (kept.includes('Never mind')) throw new Error(kept);
  await signIn(page, account);
  await openChat(writer, reader);
  await say(writer, 'Back again');
  await said(reader, 'Back again').waitFor();
  if ((await said(reader, 'Never mind').count()) > 0) throw new Error('it has been sent');
}

async function sendsAgain({ site }: Stage, writer: Resident): Promise<void> {
  const { page } = writer;
  const user = `late-${writer.account.user}`;
  await page.getByRole('button', { name: 'Add contact' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add contact' });
  await dialog.getByLabel('Address').fill(`${user}@${site.domain}`);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: user }).waitFor();
  await say(writer, 'Is anybody there?');
  await page.getByRole('log').getByText('Not delivered').waitFor();
  await site.addAccount(user, 'by any other name');
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByRole('log').getByText('Not delivered').waitFor({ state: 'detached' });
  await page.getByRole('log').getByText('Sent', { exact: true }).waitFor();
  const count = await said(writer, 'Is anybody there?').count();
  if (count !== 1) throw new Error(`it is there ${count} times`);
}
