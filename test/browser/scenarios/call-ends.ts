import { call, hangsUp, press, shows } from '../support/call-page.ts';
import { flows, WATCHED } from '../support/connections.ts';
import { anotherDevice, befriend, moveIn, openChat, type Resident } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

const watched = { before: WATCHED };
/** What becomes of calls that are not to be, and of those that end badly. */
export const callEndsScenario: Scenario = {
  name: 'call-ends',
  timeoutMs: 150_000,
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('call-ends', what, body);
    const juliet = await moveIn(stage, 'juliet', watched);
    const romeo = await moveIn(stage, 'romeo', watched);
    const nurse = await moveIn(stage, 'nurse', watched);
    await befriend(nurse, juliet);
    await befriend(juliet, romeo);
    await check('who is called declines', async () => {
      await call(juliet, romeo);
      await press(romeo, 'Decline');
      await ends(juliet, `${romeo.account.user} declined.`);
      await press(romeo, 'Close');
    });
    await check('who calls gives up, and the call is missed', async () => {
      await call(juliet, romeo);
      await press(juliet, 'Hang up');
      await ends(romeo, `Missed call from ${juliet.account.user}.`);
      await press(juliet, 'Close');
    });
    const tablet = await anotherDevice(stage, romeo, watched);
    await check('all devices ring, one answers, the others stop', async () => {
      await call(juliet, romeo);
      for (const each of [romeo, tablet]) await shows(each, `${juliet.account.user} calls`);
      await press(tablet, 'Answer');
      await ends(romeo, 'Answered on another device.');
      for (const each of [juliet, tablet]) await flows(each, 'audio');
    });
    await check('who is in a call is busy', async () => {
      await press(nurse, `Call ${juliet.account.user}`);
      await ends(nurse, `${juliet.account.user} is in another call.`);
    });
    await check('a peer whose browser dies is missed', async () => {
      await press(juliet, 'Make the call smaller');
      await crash(tablet);
      await ends(juliet, `The connection to ${romeo.account.user} was lost.`, 60_000);
      tablet.complaints.splice(0);
    });
    await check('two who call each other at once are in one call', async () => {
      await openChat(juliet, romeo);
      await Promise.all([
        press(juliet, `Call ${romeo.account.user}`),
        press(romeo, `Call ${juliet.account.user}`),
      ]);
      await Promise.all([juliet, romeo].map((each) => flowsOnceAnswered(each)));
    });
    await hangsUp(juliet, romeo);
    for (const [error, words] of [
      ['NotAllowedError', 'The browser does not let this page use the microphone.'],
      ['NotFoundError', 'No microphone was found.'],
    ] as const) {
      await check(`says in words: ${words}`, async () => {
        await refuseDevices(juliet, error);
        await press(juliet, `Call ${romeo.account.user}`);
        await ends(juliet, words);
      });
    }
  },
};

async function ends({ page }: Resident, text: string, timeout = 20_000): Promise<void> {
  await page.getByText(text).first().waitFor({ timeout });
  await page.getByRole('button', { name: 'Close', exact: true }).click();
}

/** As a browser does that has no microphone, or whose user says no. */
async function refuseDevices({ page }: Resident, error: string): Promise<void> {
  await page.evaluate((name) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
  }, error);
}

/** As if the machine lost power: not a word of goodbye. */
async function crash({ page }: Resident): Promise<void> {
  await page.goto('chrome://crash').catch(() => {});
}

/** One of the two may have been rung before it could ring itself. */
async function flowsOnceAnswered(who: Resident): Promise<void> {
  const answer = who.page.getByRole('button', { name: 'Answer', exact: true });
  const timer = who.page.getByRole('timer');
  await timer.or(answer).first().waitFor();
  if (await answer.isVisible()) await answer.click().catch(() => {});
  await timer.waitFor();
  await flows(who, 'audio');
}
