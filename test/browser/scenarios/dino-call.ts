import { press, shows } from '../support/call-page.ts';
import { flows, isHeard, WATCHED } from '../support/connections.ts';
import { meetDino } from '../support/dino-page.ts';
import type { Scenario } from './scenario.ts';

/** The page calls Dino, and Dino the page. */
export const dinoCallScenario: Scenario = {
  name: 'dino-call',
  timeoutMs: 120_000,
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('dino-call', what, body);
    const { dino, romeo, juliet } = await meetDino(stage, { before: WATCHED });
    const { page, account } = juliet;
    await check('rings there', async () => {
      await press(juliet, `Video call ${romeo.user}`);
      await dino.rings(account.address);
    });
    await check('is answered there', async () => {
      await dino.answerCall(account.address, 'accept-call');
      await page.getByRole('timer').waitFor();
      await flows(juliet, 'audio');
      await isHeard(juliet, 'audio');
    });
    await check('its picture arrives there', () => isHeard(juliet, 'video'));
    await check('is understood there', async () => {
      const errors = juliet.transcript.match(/< <iq [^>]*type='error'.*/g) ?? [];
      // As a full JID; its account has no vCard.
      const refusals = errors.filter((each) => each.includes(`from='${romeo.address}/`));
      if (refusals.length > 0) throw new Error(refusals.join('\n'));
    });
    await check('is declined there', async () => {
      await press(juliet, 'Hang up');
      await press(juliet, 'Close');
      await dino.hasNoCall();
      await press(juliet, `Call ${romeo.user}`);
      await dino.rings(account.address);
      await dino.answerCall(account.address, 'reject-call');
      await shows(juliet, `${romeo.user} declined.`);
    });
    await check('is called from there, and answers', async () => {
      await press(juliet, 'Close');
      await dino.call(account.address);
      await press(juliet, 'Answer');
      await page.getByRole('timer').waitFor();
      await flows(juliet, 'audio');
      await isHeard(juliet, 'audio');
    });
    await check('hears that Dino has hung up', async () => {
      await dino.hangUp();
      await shows(juliet, `The call with ${romeo.user} has ended.`);
      await press(juliet, 'Close');
    });
    await check('adds a picture to a call from there', async () => {
      await dino.call(account.address);
      await press(juliet, 'Answer');
      await press(juliet, 'Turn camera on');
      await isHeard(juliet, 'video');
      await press(juliet, 'Hang up');
      await press(juliet, 'Close');
      await dino.hasNoCall();
    });
    await check('declines one', async () => {
      await dino.call(account.address);
      await press(juliet, 'Decline');
      await dino.hasNoCall();
    });
    await dino.quit();
  },
};
