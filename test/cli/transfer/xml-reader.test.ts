import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { XmlReader } from '../../../src/cli/transfer/xml-reader.ts';
import { problemsOf, readAll, temporaryFiles } from './files.ts';

const file = temporaryFiles();
let made = 0;
const read = (content: string | Uint8Array, name = `${++made}.xml`) =>
  readAll(new XmlReader(file(name, content)));
const PIE = "xmlns='urn:xmpp:pie:0'";
const inHost = (users: string) =>
  `<?xml version='1.0' encoding='UTF-8'?><server-data ${PIE}><host jid='a.example'>${users}</host></server-data>`;
const inUser = (pieces: string) => inHost(`<user name='juliet' password='s3cret'>${pieces}</user>`);
const accountOf = async (pieces: string) => (await read(inUser(pieces))).entries[0]?.account;

describe('reads of an account', () => {
  test('name and password [XEP-0227 4.2]', async () => {
    const { entries, ignored } = await read(
      inHost("\n<user name='juliet' password='a&amp;b'/>\n<user name='romeo'/>"),
    );
    expect(entries.map(({ place, account }) => [place, account?.jid, account?.password])).toEqual([
      ['line 2', 'juliet@a.example', 'a&b'],
      ['line 3', 'romeo@a.example', undefined],
    ]);
    expect(ignored).toEqual({});
  });

  test('SCRAM keys [XEP-0227 4.3]', async () => {
    const scram = (mechanism: string) => `
      <scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='${mechanism}'>
        <iter-count>10000</iter-count><salt>c2Fs\ndA==</salt>
        <server-key>c2Vy</server-key><stored-key>c3Rv</stored-key>
      </scram-credentials>`;
    const { entries, ignored } = await read(inUser(scram('SCRAM-SHA-1') + scram('SCRAM-MD5')));
    expect(entries[0]?.account?.scram).toEqual([
      {
        mechanism: 'SCRAM-SHA-1',
        iterations: 10_000,
        salt: 'c2FsdA==',
        serverKey: 'c2Vy',
        storedKey: 'c3Rv',
      },
    ]);
    expect(ignored).toEqual({ "<scram-credentials xmlns='urn:xmpp:pie:0#scram'/>": 1 });
  });

  test('SCRAM keys where ejabberd writes them, and not as a password', async () => {
    const { entries } = await read(
      inHost(`<user name='a' password='scram:c3Rv,c2Vy,c2FsdA==,4096'/>
        <user name='b' password='scram:sha256,c3Rv,c2Vy,c2FsdA==,4096'/>`),
    );
    const keys = { iterations: 4096, salt: 'c2FsdA==', serverKey: 'c2Vy', storedKey: 'c3Rv' };
    expect(entries.map(({ account }) => [account?.password, account?.scram])).toEqual([
      [undefined, [{ ...keys, mechanism: 'SCRAM-SHA-1' }]],
      [undefined, [{ ...keys, mechanism: 'SCRAM-SHA-256' }]],
    ]);
  });

  test('the roster and who asks to be in it [XEP-0227 4.4] [XEP-0227 4.9]', async () => {
    const account = await accountOf(`
      <r:query xmlns:r='jabber:iq:roster'>
        <r:item jid='romeo@b.example' name='Romeo' subscription='both'>
          <r:group>Friends</r:group><r:group>Old</r:group></r:item>
        <r:item jid='nurse@b.example' ask='subscribe' approved='true'/>
      </r:query>
      <presence xmlns='jabber:client' type='subscribe' from='paris@b.example'/>`);
    expect(account?.roster).toEqual([
      {
        jid: 'romeo@b.example',
        name: 'Romeo',
        subscription: 'both',
        ask: false,
        approved: false,
        groups: ['Friends', 'Old'],
      },
      { jid: 'nurse@b.example', subscription: 'none', ask: true, approved: true, groups: [] },
    ]);
    expect(account?.requests).toEqual([
      '<presence xmlns="jabber:client" type="subscribe" from="paris@b.example"/>',
    ]);
  });

  test('offline messages, private XML and the vCard as they are [XEP-0227 4.5] [XEP-0227 4.6] [XEP-0227 4.7]', async () => {
    const account = await accountOf(`
      <offline-messages>
        <message xmlns='jabber:client' from='romeo@b.example/o' xml:lang='en'><body>a &lt; b</body>
        <x:y xmlns:x='urn:x' x:z='1'/></message>
      </offline-messages>
      <query xmlns='jabber:iq:private'><n:notes xmlns:n='urn:n'><n:note/></n:notes></query>
      <vCard xmlns='vcard-temp'><FN><![CDATA[J & C]]></FN></vCard>`);
    expect(account?.offline?.[0]?.replaceAll(/>\s+</g, '><')).toBe(
      '<message xmlns="jabber:client" from="romeo@b.example/o" xml:lang="en">' +
        '<body>a &lt; b</body><y xmlns="urn:x" xmlns:x="urn:x" x:z="1"/></message>',
    );
    expect(account?.private).toEqual(['<notes xmlns="urn:n"><note/></notes>']);
    expect(account?.vcard).toBe('<vCard xmlns="vcard-temp"><FN>J &amp; C</FN></vCard>');
  });

  test('whom the default privacy list denies everything [XEP-0227 4.8]', async () => {
    const account = await accountOf(`
      <query xmlns='jabber:iq:privacy'><default name='b'/>
        <list name='a'><item type='jid' value='no@b.example' action='deny' order='1'/></list>
        <list name='b'>
          <item type='jid' value='tybalt@b.example' action='deny' order='1'/>
          <item type='jid' value='half@b.example' action='deny' order='2'><message/></item>
          <item type='group' value='Foes' action='deny' order='3'/>
          <item action='allow' order='4'/></list></query>
      <blocklist xmlns='urn:xmpp:blocking'><item jid='spam.example'/></blocklist>`);
    expect(account?.blocked).toEqual(['tybalt@b.example', 'spam.example']);
  });

  test('nothing else, and says so; archives are read by themselves [XEP-0227 4]', async () => {
    const { entries, ignored } = await read(
      inUser(`<archive xmlns='urn:xmpp:pie:0#mam'><result><message/></result></archive>
        <pubsub xmlns='http://jabber.org/protocol/pubsub'><items/></pubsub>`),
    );
    expect(entries).toHaveLength(1);
    expect(ignored).toEqual({
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'/>": 1,
    });
  });
});

describe('includes [XEP-0227 5]', () => {
  const include = (href: string) =>
    `<include xmlns='http://www.w3.org/2001/XInclude' href='${href}'/>`;
  const main = (href: string) => `<server-data ${PIE}>${include(href)}</server-data>`;

  test('files of hosts and users, relative to the file that names them', async () => {
    file(
      'split/a.example.xml',
      `<host ${PIE} jid='a.example'>${include('a.example/juliet.xml')}
      ${include('a.example/b%20c.xml')}</host>`,
    );
    file(
      'split/a.example/juliet.xml',
      `<user ${PIE} name='juliet' password='x'>
      <vCard xmlns='vcard-temp'>${include('/etc/passwd')}</vCard></user>`,
    );
    file('split/a.example/b c.xml', `\n<user ${PIE} name='bc'/>`);
    const { entries, fault } = await read(main('a.example.xml'), 'split/main.xml');
    expect(fault).toBe('');
    expect(entries.map(({ place, account }) => [place, account?.jid])).toEqual([
      ['a.example/juliet.xml, line 1', 'juliet@a.example'],
      ['a.example/b c.xml, line 2', 'bc@a.example'],
    ]);
    // Below a user it is somebody's data.
    expect(entries[0]?.account?.vcard).toContain('/etc/passwd');
  });

  test.each([
    ['/etc/passwd', 'relative path'],
    ['file:///etc/passwd', 'relative path'],
    ['http://127.0.0.1/', 'relative path'],
    ['../../secret.xml', 'outside'],
    ['a/%2e%2e/%2e%2e/%2e%2e/secret.xml', 'outside'],
    ['%ff', 'malformed'],
    ['a%00.xml', 'malformed'],
    ['x'.repeat(300), 'cannot be read'],
    ['self.xml/a.xml', 'cannot be read'],
    ['self.xml', 'twice'],
  ])('but not %s', async (href, fault) => {
    const { entries, ...read_ } = await read(main(href), 'inner/self.xml');
    expect(entries).toEqual([]);
    expect(read_.fault).toContain(fault);
  });

  test('nor by a link that leads out, nor what is no file', async () => {
    const secret = file('secret.xml', `<user ${PIE} name='root'/>`);
    const inner = dirname(file('linked/main.xml', ''));
    symlinkSync(secret, join(inner, 'file.xml'));
    symlinkSync(dirname(secret), join(inner, 'directory'));
    symlinkSync('/dev/zero', join(inner, 'device.xml'));
    execFileSync('mkfifo', [join(inner, 'pipe.xml')]);
    for (const href of ['file.xml', 'directory/secret.xml', 'device.xml', 'pipe.xml']) {
      const { entries, fault } = await read(main(href), 'linked/main.xml');
      expect(entries).toEqual([]);
      expect(fault).toContain('outside');
    }
  });

  test('but no file again and again', async () => {
    file('loop/b.xml', `<host ${PIE} jid='a.example'>${include('c.xml').repeat(2)}</host>`);
    file('loop/c.xml', `<user ${PIE} name='juliet'/>`);
    const { entries, fault } = await read(main('b.xml'), 'loop/a.xml');
    expect(entries).toHaveLength(1);
    expect(fault).toContain('a file is included twice');
  });
});

describe('refuses', () => {
  test.each([
    ['another document', '<html/>', /no XEP-0227 file/],
    ['nothing', '', /no XML/],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${inUser('')}`, /document types/],
    ['entities', inUser('<vCard xmlns="vcard-temp"><FN>&xxe;</FN></vCard>'), /no XML/],
    ['entities of HTML', inUser('<vCard xmlns="vcard-temp"><FN>&nbsp;</FN></vCard>'), /no XML/],
    ['what ends too early', inUser('').slice(0, -20), /no XML/],
    ['tags that do not match', inUser('<a></b>'), /no XML/],
    ['unbound prefixes', inUser('<x:a/>'), /no XML/],
    ['deep nesting', inUser(`<vCard xmlns='vcard-temp'>${'<a>'.repeat(20_000)}`), /too deeply/],
    ['deep nesting of what is passed over', inUser('<x>'.repeat(20_000)), /too deeply/],
    ['another encoding', "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", /ISO-8859-1/],
    ['huge names', inUser(`<${'x'.repeat(200_000)}/>`), /no XML/],
    ['huge attributes', inUser(`<a b='${'x'.repeat(200_000)}'/>`), /no XML/],
    [
      'tags without end',
      inUser(`<a ${Array.from({ length: 50_000 }, (_, i) => `a${i}=''`).join(' ')}/>`),
      /attributes/,
    ],
  ])('%s', async (_, content, fault) => {
    expect((await read(content)).fault).toMatch(fault);
  });

  test('what is not in UTF-8', async () => {
    const latin = Buffer.from(
      inUser('<vCard xmlns="vcard-temp"><FN>J\u00fc</FN></vCard>'),
      'latin1',
    );
    expect((await read(latin)).fault).toContain('not in UTF-8');
  });

  test('an account with what cannot be, and reads the next', async () => {
    const { entries } = await read(
      inHost(`
<user name='a'><query xmlns='jabber:iq:roster'><item jid='x@y' subscription='remove'/></query></user>
<user name='b'/>`),
    );
    expect(problemsOf(entries)).toEqual([['line 2', expect.stringContaining('a@a.example')]]);
    expect(entries[1]?.account?.jid).toBe('b@a.example');
  });
});

test('a piece that is too large is left out, the account is not', async () => {
  const large = `<vCard xmlns='vcard-temp'><FN>${'x'.repeat(1_100_000)}</FN></vCard>`;
  const { entries } = await read(
    inUser(`${large}<query xmlns='jabber:iq:roster'><item jid='x@y'/></query>`),
  );
  expect(entries[0]?.account?.vcard).toBeUndefined();
  expect(entries[0]?.account?.roster).toHaveLength(1);
  expect(entries[0]?.leftOut).toEqual(["<vCard xmlns='vcard-temp'/>: it is too large"]);
});

test('100 MB of one account pass through little memory', async () => {
  const path = file('huge.xml', '');
  const out = createWriteStream(path);
  out.write(inUser('').replace(/<\/user>.*$/, '<offline-messages>'));
  const message = `<message xmlns='jabber:client' from='a@b'><body>${'x'.repeat(10_000)}</body></message>`;
  for (let written = 0; written < 100_000_000; written += message.length * 100) {
    if (!out.write(message.repeat(100))) await once(out, 'drain');
  }
  out.end('</offline-messages></user></host></server-data>');
  await once(out, 'finish');
  const before = process.memoryUsage.rss();
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const { entries, fault } = await readAll(new XmlReader(path));
  clearInterval(timer);
  expect(fault).toBe('');
  expect(entries[0]?.account?.offline?.length).toBeLessThan(400);
  expect(entries[0]?.leftOut.length).toBeGreaterThan(9_000);
  expect(peak - before).toBeLessThan(150_000_000);
}, 60_000);
