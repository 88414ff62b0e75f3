import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { Display } from '../support/display.ts';
import { Gajim } from '../support/gajim.ts';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { until } from '../support/poll.ts';
import { Profanity } from '../support/profanity.ts';
import { sendFile } from '../support/senders.ts';
import { freshAccount, type Target } from '../support/target.ts';
import type { Scenario, Stage } from './scenario.ts';

type Sent = {
  readonly file: string;
  readonly bytes: Buffer;
  /** Who is sent the links. */
  readonly listener: LibraryUser;
};

/** Files that clients upload over HTTPS, for others to get by their links (XEP-0363). */
export const uploadsScenario: Scenario = {
  name: 'uploads',
  timeoutMs: 180_000,
  async play(stage) {
    const { target, check, folder } = stage;
    const bytes = randomBytes(1_000_000);
    const file = join(folder, 'Büchse & Rose.png');
    await writeFile(file, bytes);
    const nurse = await freshAccount(target, 'nurse');
    const listener = await LibraryUser.signIn(slixmpp, target, nurse);
    const sent = { file, bytes, listener };
    await check('go-sendxmpp', 'finds the service, uploads a file and sends its link', async () => {
      const romeo = await freshAccount(target, 'romeo');
      await sendFile(target, romeo, nurse.address, file);
      await hasLink(target, romeo.address, sent);
    });
    await check('slixmpp', 'finds the service and uploads a file', async () => {
      await holds(target, await listener.upload(file, 'image/png'), bytes);
    });
    await check('profanity', 'uploads a file, sends its link, and gets what it leads to', () =>
      byProfanity(stage, sent),
    );
    await check('gajim', 'uploads a file and sends its link', () => byGajim(stage, sent));
    await listener.quit();
  },
};

async function byProfanity({ target, folder }: Stage, sent: Sent): Promise<void> {
  const paris = await freshAccount(target, 'paris');
  const profanity = await Profanity.signIn(folder, target, paris);
  await profanity.sendFile(sent.listener.address, sent.file);
  const url = await hasLink(target, paris.address, sent);
  const copy = join(folder, 'copy.png');
  await profanity.saves(url, copy);
  const isWhole = async () => (await readFile(copy).catch(() => undefined))?.equals(sent.bytes);
  await until('Profanity has the file', isWhole);
  await profanity.quit();
}

async function byGajim({ target, folder }: Stage, sent: Sent): Promise<void> {
  const display = await Display.open();
  const benvolio = await freshAccount(target, 'benvolio');
  const trust = { knowsAuthority: true };
  const gajim = await Gajim.signIn(folder, target, benvolio, display, trust);
  await gajim.sendFile(sent.listener.address, sent.file);
  await hasLink(target, benvolio.address, sent);
  await gajim.quit();
  await display.close();
}

/** Waits for the link, which must lead to the file. */
async function hasLink(target: Target, from: string, { listener, bytes }: Sent): Promise<string> {
  const url = await listener.hearsOf(from, (body) => body.startsWith('https://'));
  await holds(target, url, bytes);
  return url;
}

/** Throws where another file is there. */
async function holds({ certificates }: Target, url: string, bytes: Buffer): Promise<void> {
  const ca = await readFile(certificates.authority);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { ca }, resolve).on('error', reject);
  });
  const got = Buffer.concat(await response.toArray());
  if (!got.equals(bytes))
    throw new Error(`${url} answers ${response.statusCode}, ${got.length} bytes`);
}
