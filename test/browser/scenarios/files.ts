import { createHash, randomBytes } from 'node:crypto';
import { until } from '../../interop/support/poll.ts';
import { befriend, moveIn, type Resident } from '../support/walk.ts';
import type { Scenario } from './scenario.ts';

const FIVE_MEGABYTES = 5_000_000;

/** Files by way of the server: both ways, whole, and pictures in their place. */
export const filesScenario: Scenario = {
  name: 'files',
  async play(stage) {
    const check = <T>(what: string, body: () => Promise<T>) => stage.check('files', what, body);
    const juliet = await moveIn(stage, 'juliet');
    const romeo = await moveIn(stage, 'romeo');
    await befriend(juliet, romeo);
    for (const [from, to] of [
      [juliet, romeo],
      [romeo, juliet],
    ] as const) {
      await check(`5 MB arrive as they were, from ${from.account.user}`, async () => {
        const bytes = randomBytes(FIVE_MEGABYTES);
        await sends(from, `scene of ${from.account.user}.bin`, 'application/octet-stream', bytes);
        await arrives(to, `scene of ${from.account.user}.bin`, bytes);
      });
    }
    await check('a picture is shown in its place', async () => {
      await sends(juliet, 'balcony.png', 'image/png', await juliet.page.screenshot());
      const picture = romeo.page.getByRole('img', { name: 'Picture balcony.png' });
      await picture.waitFor();
      await picture.evaluate((image: HTMLImageElement) => image.decode());
    });
    await stage.photograph('files', romeo.page);
    await check('one that goes slowly is seen going', () => goesSlowly(juliet, romeo));
    await check('what is dropped on a conversation is sent', async () => {
      await drops(romeo, 'letter.txt', 'Dear Juliet');
      await arrives(juliet, 'letter.txt', Buffer.from('Dear Juliet'));
    });
    await check('markup in a name is a name', async () => {
      const name = `<img src=x onerror="document.title='owned'">.png`;
      await sends(romeo, name, 'image/png', await romeo.page.screenshot());
      const picture = juliet.page.getByRole('img', { name: `Picture ${name}` });
      await picture.waitFor();
      await sends(romeo, `${name}.bin`, 'application/octet-stream', Buffer.from('Dear Juliet'));
      await juliet.page.getByRole('link', { name: `${name}.bin` }).waitFor();
      for (const { page } of [romeo, juliet]) {
        if ((await page.title()).includes('owned')) throw new Error('it has run');
      }
    });
    await check('a page among them does not run', async () => {
      const page = Buffer.from('<script>document.title = "owned"</script>');
      await sends(juliet, 'trick.html', 'text/html', page);
      await arrives(romeo, 'trick.html', page);
      const link = romeo.page.getByRole('link', { name: 'trick.html' });
      const address = await link.getAttribute('href');
      const { headers } = await fetch(address!);
      const isHarmless = headers.get('content-disposition')?.startsWith('attachment');
      if (!isHarmless) throw new Error(`${headers.get('content-disposition')}`);
    });
  },
};

/** Over a connection of half a megabyte a second. */
async function goesSlowly(from: Resident, to: Resident): Promise<void> {
  const wire = await from.context.newCDPSession(from.page);
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 500_000 };
  await wire.send('Network.emulateNetworkConditions', slow);
  const bytes = randomBytes(2_000_000);
  await sends(from, 'slow.bin', 'application/octet-stream', bytes);
  const bar = from.page.getByRole('progressbar');
  const part = () => bar.evaluate(({ value, max }: HTMLProgressElement) => value / max);
  await until('a part of it is sent', async () => (await part()) > 0);
  await arrives(to, 'slow.bin', bytes);
  await bar.waitFor({ state: 'detached' });
  await wire.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
}

async function sends(
  { page }: Resident,
  name: string,
  mimeType: string,
  buffer: Buffer,
): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Send a file', exact: true }).click();
  await (await choosing).setFiles({ name, mimeType, buffer });
}

async function drops({ page }: Resident, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text!], name!, { type: 'text/plain' }));
      return transfer;
    },
    [name, text],
  );
  const chat = page.getByRole('main');
  await chat.dispatchEvent('dragover', { dataTransfer: data });
  await page.getByText(/^Drop files here/).waitFor();
  await chat.dispatchEvent('drop', { dataTransfer: data });
}

async function arrives({ page }: Resident, name: string, sent: Buffer): Promise<void> {
  const address = await page.getByRole('link', { name }).getAttribute('href');
  const response = await fetch(address!);
  const got = Buffer.from(await response.arrayBuffer());
  if (sha256(got) !== sha256(sent)) throw new Error(`${got.length} other bytes`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
