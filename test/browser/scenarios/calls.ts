import { until } from '../../interop/support/poll.ts';
import { call, hangsUp, press, shows } from '../support/call-page.ts';
import {
  clickedAt,
  decoded,
  firstFrame,
  flows,
  pathOf,
  pictureSource,
  WATCHED,
} from '../support/connections.ts';
import { befriend, moveIn, type Resident } from '../support/walk.ts';
import type { Scenario, Stage } from './scenario.ts';

const watched = { before: WATCHED };

/** Two pages call each other: with picture, with sound alone, and with a screen. */
export const callsScenario: Scenario = {
  name: 'calls',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('calls', what, body);
    const juliet = await moveIn(stage, 'juliet', watched);
    const romeo = await moveIn(stage, 'romeo', watched);
    await befriend(juliet, romeo);
    await check('a video call is answered, and both see and hear each other', async () => {
      await call(juliet, romeo, 'Video call');
      await answer(stage, romeo, juliet);
      for (const each of [juliet, romeo]) {
        await flows(each, 'video');
        await flows(each, 'audio');
      }
    });
    await stage.photograph('call', juliet.page);
    await check('it goes from machine to machine', async () => {
      const path = await pathOf(juliet);
      if (path.includes('relay')) throw new Error(`it goes by ${path}`);
    });
    await check('who mutes is shown as muted', async () => {
      await press(romeo, 'Mute microphone');
      await shows(juliet, `${romeo.account.user} is muted`);
      await press(romeo, 'Unmute microphone');
    });
    await check('a camera that is turned off and on is gone and back', () =>
      turnsCamera(romeo, juliet),
    );
    await check('a screen is shown in place of the camera', () => sharesScreen(juliet, romeo));
    await check('who hangs up ends it for both', () => hangsUp(romeo, juliet));
    await check('a call without picture has sound alone', async () => {
      await call(juliet, romeo, 'Call');
      await press(romeo, 'Answer');
      for (const each of [juliet, romeo]) await flows(each, 'audio');
      if ((await decoded(romeo, 'video')) > 0) throw new Error('there is a picture');
    });
    await check('a camera is added to it by either side', async () => {
      await press(romeo, 'Turn camera on');
      await flows(juliet, 'video');
      await press(juliet, 'Turn camera on');
      await flows(romeo, 'video');
    });
    await check('who has called hangs up', () => hangsUp(juliet, romeo));
  },
};

/** Answers with picture, and measures until both have decoded one. */
async function answer({ measured }: Stage, callee: Resident, caller: Resident): Promise<void> {
  const frames = Promise.all([firstFrame(caller), firstFrame(callee)]);
  await press(callee, 'Answer with video');
  const last = Math.max(...(await frames));
  measured(
    'from answering to the first decoded frame on both sides',
    last - (await clickedAt(callee)),
  );
}

async function turnsCamera(who: Resident, other: Resident): Promise<void> {
  await press(who, 'Turn camera off');
  await other.page.locator('.call-name').waitFor();
  await press(who, 'Turn camera on');
  await other.page.locator('.call-remote:not([hidden])').waitFor();
  await flows(other, 'video');
}

async function sharesScreen(who: Resident, other: Resident): Promise<void> {
  await press(who, 'Share screen');
  await until('the screen is sent', async () => (await pictureSource(who)).startsWith('screen'));
  await flows(other, 'video');
  await press(who, 'Stop sharing');
  await until('the camera is sent', async () => !(await pictureSource(who)).startsWith('screen'));
  await flows(other, 'video');
}
