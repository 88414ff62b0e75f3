import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { slixmpp } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { sendFile } from '../support/senders.ts';
import { freshAccount } from '../support/target.ts';
import type { Scenario } from './scenario.ts';

/** Files that clients upload over HTTP, for others to get by their links (XEP-0363). */
export const uploadsScenario: Scenario = {
  name: 'uploads',
  async play({ target, check, folder }) {
    const bytes = randomBytes(1_000_000);
    const file = join(folder, 'Büchse & Rose.png');
    await writeFile(file, bytes);
    const nurse = await freshAccount(target, 'nurse');
    const listener = await LibraryUser.signIn(slixmpp, target, nurse);
    await check('go-sendxmpp', 'finds the service, uploads a file and sends its link', async () => {
      const romeo = await freshAccount(target, 'romeo');
      await sendFile(target, romeo, nurse.address, file);
      const url = await listener.hearsOf(romeo.address, (body) => body.startsWith('http'));
      await holds(url, bytes);
    });
    await check(slixmpp.name, 'finds the service and uploads a file', async () => {
      await holds(await listener.upload(file, 'image/png'), bytes);
    });
    await listener.quit();
  },
};

/** Throws where another file is there. */
async function holds(url: string, bytes: Buffer): Promise<void> {
  const response = await fetch(url);
  const got = Buffer.from(await response.arrayBuffer());
  if (!got.equals(bytes)) throw new Error(`${url} answers ${response.status}, ${got.length} bytes`);
}
