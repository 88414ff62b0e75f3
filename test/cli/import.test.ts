import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { Installation } from './installation.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(() => epode.remove());

const run = (line: string) => epode.run(line.split(' '));
const write = (name: string, content: string) =>
  writeFileSync(join(epode.directory, name), content);

/** What PHP's fputcsv writes of a site's table of users. */
async function siteCsv(): Promise<string> {
  const hash = (await bcrypt.hash('r0m30', 4)).replace('$2b$', '$2y$');
  return [
    'id,name,hash,nickname,"about me"',
    `1,juliet,${hash},"Juliet ""J"" Capulet","I like\nroot,x,y"`,
    `2,Romeo,${hash},,`,
    `3,"the nurse",${hash},,`,
    '4,paris,5f4dcc3b5aa765d61d8327deb882cf99,,',
    `5,ROMEO,${hash},,`,
    '',
  ].join('\n');
}

test('a site’s users are imported, dry at first, and not twice', async () => {
  write('site.csv', await siteCsv());
  const problems = [
    'line 5: the nurse@localhost: "the nurse@localhost" is no address: the name before the @ must not contain a space.',
    'line 6: paris@localhost: the hash is not bcrypt ($2a$, $2b$ or $2y$)',
    'not imported: column "id"',
    'not imported: column "about me"',
    '',
  ].join('\n');
  expect(await run('user import site.csv --domain localhost --dry-run')).toEqual({
    code: 1,
    out: `${problems}Would create 2 accounts; 1 exist already, 2 refused.\n`,
    err: '',
  });
  expect(await run('user list')).toMatchObject({ out: 'No accounts.\n' });
  expect(await run('user import site.csv --domain localhost')).toMatchObject({
    code: 1,
    out: `${problems}Created 2 accounts; 1 exist already, 2 refused.\n`,
  });
  const again = await run('user import site.csv --domain localhost --json');
  expect(JSON.parse(again.out)).toMatchObject({ created: 0, exist: 3, refused: 2, broken: null });
  const { out } = await run('user list --not-upgraded');
  expect(out).toMatch(/\njuliet@localhost .*\nromeo@localhost .*\n$/);
  await epode.run(['user', 'passwd', 'juliet@localhost', '--password-stdin'], 'new');
  expect((await run('user list --not-upgraded')).out).not.toContain('juliet');
}, 60_000);

test('a broken file is imported as far as it goes, and the report says so', async () => {
  write('site.csv', 'jid,password\na@localhost,x\nb@b.example,"y"z\nc@localhost,x\n');
  expect(await run('user import site.csv')).toMatchObject({
    code: 1,
    out:
      'line 3: text follows a closing quote. Nothing behind it was read.\n' +
      'Created 1 account; 0 exist already, 0 refused.\n',
  });
  write('site.csv', 'jid,password\na@localhost,x\nb@b.example,y\n');
  expect(await run('user import site.csv')).toEqual({
    code: 0,
    out: 'Created 1 account; 1 exist already, 0 refused.\n',
    err: '',
  });
}, 30_000);

test('what leaves as JSON lines or XEP-0227 comes back the same', async () => {
  const juliet = {
    jid: 'juliet@b.example',
    password: 's3cret',
    nickname: 'Juliet',
    roster: [{ jid: 'romeo@localhost', name: 'R & R', subscription: 'both', groups: ['<A>'] }],
    requests: ['<presence xmlns="jabber:client" type="subscribe" from="paris@localhost"/>'],
    offline: ['<message xmlns="jabber:client" from="romeo@localhost"><body>ü</body></message>'],
    vcard: '<vCard xmlns="vcard-temp"><FN>Juliet</FN></vCard>',
    private: ['<n xmlns="urn:n"/>'],
    blocked: ['tybalt@localhost'],
  };
  write('in.jsonl', `${JSON.stringify(juliet)}\n`);
  await run('user import in.jsonl');
  const first = await run('user export');
  expect(first).toMatchObject({ code: 0, err: 'Exported 1 account.\n' });
  expect(first.out).not.toContain('s3cret');

  for (const name of ['all.jsonl', 'all.xml']) {
    expect(await run(`user export b.example -o ${name}`)).toEqual({
      code: 0,
      out: 'Exported 1 account.\n',
      err: '',
    });
    expect(statSync(join(epode.directory, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(epode.directory, name), 'utf8')).not.toContain('s3cret');
    await run('user delete juliet@b.example');
    expect(await run(`user import ${name} --reuse`)).toMatchObject({ code: 0 });
    expect((await run('user export')).out).toBe(first.out);
  }
  // A file that is there is nobody's to overwrite.
  expect(await run('user export -o all.xml')).toMatchObject({
    code: 1,
    err: 'all.xml is there already.\nName another.\n',
  });
}, 60_000);

test('a spreadsheet gets addresses and names, and no formula', async () => {
  write('in.csv', 'jid,password,nickname\na@localhost,x,"=HYPERLINK(""x"")"\nb@b.example,x,B\n');
  await run('user import in.csv');
  expect(await run('user export --format csv')).toMatchObject({
    out: `jid,nickname\r\na@localhost,"'=HYPERLINK(""x"")"\r\nb@b.example,B\r\n`,
  });
}, 30_000);

test('only one domain’s accounts are imported where that is asked for', async () => {
  const user = (name: string) => `<user name='${name}' password='x'/>`;
  write(
    'all.xml',
    `<server-data xmlns='urn:xmpp:pie:0'><host jid='localhost'>${user('a')}</host>` +
      `<host jid='B.example'>${user('b')}</host></server-data>`,
  );
  expect(await run('user import all.xml --domain b.example')).toMatchObject({
    code: 0,
    out: 'Created 1 account; 0 exist already, 0 refused, 1 of other domains.\n',
  });
  expect(await run('user import all.xml --domain c.example')).toMatchObject({
    code: 1,
    err: 'The domain c.example is not served here.\nServed: localhost, b.example.\n',
  });
  expect(await run('user import all.data')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--format'),
  });
}, 30_000);
