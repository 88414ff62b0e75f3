import { describe, expect, test } from '@jest/globals';
import { CsvReader } from '../../../src/cli/transfer/csv-reader.ts';
import { problemsOf, readAll, temporaryFiles } from './files.ts';

const file = temporaryFiles();
let made = 0;
const read = (content: string | Uint8Array, domain: string | null = 'a.example') =>
  readAll(new CsvReader(file(`${++made}.csv`, content), domain));
const accountsOf = async (content: string, domain?: string | null) =>
  (await read(content, domain)).entries.map(({ account }) => account);

describe('reads', () => {
  test.each([
    ['commas', 'name,password\njuliet,s3cret\n'],
    ['semicolons', 'name;password\njuliet;s3cret\n'],
    ['tabs', 'name\tpassword\njuliet\ts3cret\n'],
    ['line breaks of Windows', 'name,password\r\njuliet,s3cret\r\n'],
    ['no line break at the end', 'name,password\njuliet,s3cret'],
    ['quotes', '"Name","Password"\r\n"juliet","s3cret"\r\n'],
    ['a byte-order mark and blank lines', '\ufeffname,password\n\njuliet,s3cret\n\n'],
  ])('%s', async (_, content) => {
    expect(await accountsOf(content)).toEqual([{ jid: 'juliet@a.example', password: 's3cret' }]);
  });

  test('every column that means something, wherever it is', async () => {
    const { entries, ignored } = await read(
      'nickname,mail,jid,hash\n"Jule ""J"" C",j@x,juliet@b.example,$2y$10$x\n,,romeo,$2y$10$y\n',
    );
    expect(entries.map(({ place, account }) => ({ place, ...account }))).toEqual([
      { place: 'line 2', jid: 'juliet@b.example', hash: '$2y$10$x', nickname: 'Jule "J" C' },
      { place: 'line 3', jid: 'romeo@a.example', hash: '$2y$10$y' },
    ]);
    expect(ignored).toEqual({ 'column "mail"': 1 });
  });

  test('line breaks within quotes as part of the field, so that no words become an account', async () => {
    const content = 'name,password,about\njuliet,a,"hi\nroot,owned,x"\nromeo,b,\n';
    const { entries } = await read(content);
    expect(entries.map(({ place, account }) => [place, account?.jid])).toEqual([
      ['line 2', 'juliet@a.example'],
      ['line 4', 'romeo@a.example'],
    ]);
  });

  test('a password with spaces as it is', async () => {
    expect(await accountsOf('name,password\njuliet," a,b "\n')).toMatchObject([
      { password: ' a,b ' },
    ]);
  });
});

describe('tells with its line', () => {
  test.each([
    ['a name without domain where there are several', 'name,hash\nx,y\n', /--domain/],
    ['too few fields', 'name,hash\njuliet@a.example\n', /1 fields, but 2 headings/],
    ['too many fields', 'name,hash\nx@a.example,b,c\n', /3 fields, but 2 headings/],
    ['password and hash', 'name,hash,password\nx@a.example,b,c\n', /both/],
  ])('%s', async (_, content, problem) => {
    const { entries } = await read(content, null);
    expect(problemsOf(entries)).toEqual([['line 2', expect.stringMatching(problem)]]);
  });
});

describe('reads nothing behind', () => {
  const good = 'name,password\njuliet,a\n';
  test.each([
    ['text after a closing quote', `${good}romeo,"b"c\nx,y\n`, /^line 3: text follows/],
    ['a quote that is never closed', `${good}romeo,"b\nx,y\n`, /^line 3: a quote is never closed/],
    ['such a quote in a large file', `${good}x,"${'b,c\n'.repeat(50_000)}`, /^line 3: .*longer/],
    ['a huge field', `${good}x,${'b'.repeat(70_000)}\n`, /^line 3: .*longer than 65536/],
  ])('%s', async (_, content, fault) => {
    const read_ = await read(content);
    expect(read_.entries.map(({ account }) => account?.jid)).toEqual(['juliet@a.example']);
    expect(read_.fault).toMatch(fault);
  });

  test.each([
    ['nothing at all', '', /empty/],
    ['no name', 'user,password\na,b\n', /no column "name" or "jid"/],
    ['no password', 'name,mail\na,b\n', /no column "password" or "hash"/],
    ['a column twice', 'name,hash,Name\na,b,c\n', /"name" is there twice/],
  ])('headings with %s', async (_, content, fault) => {
    expect(await read(content)).toMatchObject({ entries: [], fault: expect.stringMatching(fault) });
  });

  test.each([
    ['Latin-1', Buffer.from('name,password\njülich,a\n', 'latin1')],
    ['UTF-16', Buffer.from('\ufeffname,password\njuliet,a\n', 'utf16le')],
    ['a character that is cut off', Buffer.from('name,password\njü', 'utf8').subarray(0, -1)],
  ])('%s', async (_, content) => {
    expect(await read(content)).toMatchObject({ fault: expect.stringMatching(/not in UTF-8/) });
  });
});

test('a file that is not there is named', async () => {
  const { fault } = await readAll(new CsvReader('/nowhere/site.csv', null));
  expect(fault).toBe('There is no file /nowhere/site.csv.');
});
