import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { meetDino } from '../support/dino-page.ts';
import { type Resident, said, say } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

/** The page and Dino write to each other, and send each other pictures by way of the server. */
export const dinoFilesScenario: Scenario = {
  name: 'dino-files',
  timeoutMs: 120_000,
  async play(common) {
    // Dino takes slots at `https:` alone.
    const stage = { ...common, site: await common.startAnother({ isSecure: true }) };
    const check = <T>(what: string, body: () => Promise<T>) =>
      stage.check('dino-files', what, body);
    const { site, folder } = stage;
    const { dino, juliet } = await meetDino(stage, { isTrustful: true });
    const { page, account } = juliet;
    await check('chats both ways', async () => {
      await say(juliet, 'Wherefore <b>art</b> thou?');
      await dino.hears(account.address, 'Wherefore <b>art</b> thou?');
      await dino.say(account.address, 'I take thee at thy word');
      await said(juliet, 'I take thee at thy word').waitFor();
    });
    await check('a picture from Dino is shown on the page', async () => {
      const file = join(folder, 'orchard.png');
      await writeFile(file, await page.screenshot());
      await dino.sendFile(account.address, file);
      await isShown(juliet, 'orchard.png', await readFile(file));
    });
    await check('a picture from the page comes to Dino', async () => {
      const picture = await page.screenshot();
      const choosing = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Send a file', exact: true }).click();
      const file = { name: 'balcony.png', mimeType: 'image/png', buffer: picture };
      await (await choosing).setFiles(file);
      const got = await readFile(await dino.getsFile(account.address, 'balcony.png'));
      if (!got.equals(picture)) throw new Error(`Dino has ${got.length} other bytes`);
    });
    await dino.quit();
    await site.stop();
  },
};

async function isShown({ page, context }: Resident, name: string, sent: Buffer): Promise<void> {
  const picture = page.getByRole('img', { name: `Picture ${name}` });
  await picture.waitFor();
  await picture.evaluate((image: HTMLImageElement) => image.decode());
  const response = await context.request.get((await picture.getAttribute('src'))!);
  if (!(await response.body()).equals(sent)) throw new Error('it is another one');
}
