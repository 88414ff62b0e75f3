import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { silentLog as log } from '../../src/lib/log.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import { Installation } from './installation.ts';

const JULIET = 'juliet@localhost';

let epode: Installation;
beforeEach(async () => {
  epode = new Installation();
  await epode.run(['user', 'add', JULIET, '--password-stdin'], 'secret');
});
afterEach(() => epode.remove());

const run = (line: string) => epode.run(line.split(' '));

/** As if others had written to Juliet; in that order. */
async function archive(...messages: readonly (readonly [sender: string, body: string])[]) {
  const directory = join(epode.directory, 'data');
  const storage = await openStorage({ directory, log, mode: 'inline' });
  for (const [sender, body] of messages) {
    const stanza = `<message xmlns='jabber:client' from='${sender}' to='${JULIET}'><body>${body}</body></message>`;
    const entry = { peer: sender, sender, reference: '', counts: 'unread' } as const;
    storage.archive.append(JULIET, { ...entry, stanza });
  }
  await storage.close();
}

test('an archive is searched, the best first', async () => {
  expect(await run(`archive search ${JULIET} rose`)).toMatchObject({ out: 'No messages.\n' });
  await archive(['romeo@localhost', 'a rose by any other name'], ['nurse@localhost', 'rose rose']);
  const { out } = await run(`archive search ${JULIET} rose`);
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^TIME +FROM +TO +MESSAGE$/),
    expect.stringMatching(/nurse@localhost.* rose rose$/),
    expect.stringMatching(/romeo@localhost.* a rose by any other name$/),
    '',
  ]);
  const one = await run(`archive search ${JULIET} rose --with romeo@localhost --json`);
  expect(JSON.parse(one.out).messages).toMatchObject([{ body: 'a rose by any other name' }]);
  expect(await run(`archive search ${JULIET} rose --with @`)).toMatchObject({ code: 1 });
});

test('a search that is off says how it is turned on', async () => {
  epode.configure('hosts: { localhost: }\nmodules: { archive: { search: false } }\n');
  const { code, err } = await run(`archive search ${JULIET} rose`);
  expect(code).toBe(1);
  expect(err).toMatch(/localhost are not searched: modules\.archive\.search is false/);
  expect(err).toMatch(/epode reload/);
});

test('an archive is written to a file, a page at a time', async () => {
  const many = Array.from({ length: 600 }, (_, n) => ['romeo@localhost', `m${n}`] as const);
  await archive(...many, ['nurse@localhost', 'last']);
  const file = join(epode.directory, 'archive.jsonl');
  const { out } = await run(`archive export ${JULIET} -o ${file}`);
  expect(out).toBe('Exported 601 messages.\n');
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const bodies = lines.map((line) => />([^<]+)<\/body>/.exec(JSON.parse(line).stanza)?.[1]);
  expect(bodies).toEqual([...many.map(([, body]) => body), 'last']);
  expect(await run(`archive export ${JULIET} -o ${file}`)).toMatchObject({ code: 1 });
  const nurse = await run(`archive export ${JULIET} --with nurse@localhost`);
  expect(nurse.out.trim().split('\n')).toHaveLength(1);
});
