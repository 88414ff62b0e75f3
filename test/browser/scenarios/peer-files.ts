import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { press, shows } from '../support/call-page.ts';
import { WATCHED } from '../support/connections.ts';
import { befriend, moveIn, type Resident } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

const FIVE_MEGABYTES = 5_000_000;

/** Files go from browser to browser, and arrive as they were. */
export const peerFilesScenario: Scenario = {
  name: 'peer-files',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) =>
      stage.check('peer-files', what, body);
    const juliet = await moveIn(stage, 'juliet', { before: WATCHED });
    const romeo = await moveIn(stage, 'romeo', { before: WATCHED });
    await befriend(juliet, romeo);
    await check('a file of 5 MB arrives, its checksum right on both sides', async () => {
      const sent = randomBytes(FIVE_MEGABYTES);
      await offers(juliet, romeo, 'scene.bin', sent);
      await press(romeo, 'Accept');
      const got = await saves(romeo, 'scene.bin');
      if (sha256(got) !== sha256(sent)) throw new Error('it is another one');
      await shows(juliet, 'scene.bin was sent; its checksum is right.');
      for (const each of [juliet, romeo]) await press(each, 'Close');
    });
    await check('its name is no path, and it never runs as a page', async () => {
      const sent = Buffer.from('<script>document.title = "owned"</script>');
      await offers(romeo, juliet, '..evil<b>.html', sent, 'text/html');
      await press(juliet, 'Accept');
      const got = await saves(juliet, 'evilb.html');
      if (!got.equals(sent)) throw new Error('it is another one');
      for (const each of [juliet, romeo]) await press(each, 'Close');
    });
    await check('an empty file arrives', async () => {
      await offers(juliet, romeo, 'nothing.txt', Buffer.alloc(0));
      await press(romeo, 'Accept');
      const got = await saves(romeo, 'nothing.txt');
      if (got.length > 0) throw new Error('it is not empty');
      for (const each of [juliet, romeo]) await press(each, 'Close');
    });
    await check('one that is declined is not sent', async () => {
      await offers(juliet, romeo, 'letter.txt', Buffer.from('No'));
      await press(romeo, 'Decline');
      await shows(juliet, 'letter.txt was declined.');
      for (const each of [juliet, romeo]) await press(each, 'Close');
    });
    await check('one that its sender takes back is gone', async () => {
      await offers(juliet, romeo, 'letter.txt', Buffer.from('No'));
      await shows(romeo, 'letter.txt (2 bytes) is offered to you.');
      await press(juliet, 'Cancel');
      await shows(romeo, 'letter.txt was cancelled.');
    });
  },
};

async function offers(
  from: Resident,
  to: Resident,
  name: string,
  buffer: Buffer,
  mimeType = 'application/octet-stream',
): Promise<void> {
  await from.page
    .getByRole('button', { name: `Send a file directly to ${to.account.user}` })
    .waitFor();
  const picker = from.page.locator(`input[data-for="Send a file directly to ${to.account.user}"]`);
  await picker.setInputFiles({ name, mimeType, buffer });
}

async function saves({ page }: Resident, name: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Save' }).click(),
  ]);
  if (download.suggestedFilename() !== name) throw new Error(download.suggestedFilename());
  return await readFile(await download.path());
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
