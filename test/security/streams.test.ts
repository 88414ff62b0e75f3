import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectStreamError, testAttacks } from './support/attack.ts';
import { Attacker, BIND, SASL, STREAM } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

const header = STREAM('open.example');
const plain = (user: string) => Buffer.from(`\0${user}\0${PASSWORD}`).toString('base64');
const AUTH = `<auth xmlns='${SASL}' mechanism='PLAIN'>${plain('attacker')}</auth>`;
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

describe('[RFC6120 4.7, 4.8] stream headers', () => {
  const root = (attributes: string) =>
    `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' ${attributes}>`;
  const rest = "xmlns='jabber:client' version='1.0'";
  const refused: readonly [string, string, string][] = [
    ['of an unknown host', root(`${rest} to='unknown.example'`), 'host-unknown'],
    ['of a host named like a property', root(`${rest} to='__proto__'`), 'improper-addressing'],
    ['of a host named constructor', root(`${rest} to='constructor'`), 'host-unknown'],
    ['without host', root(rest), 'improper-addressing'],
    ['of no domain', root(`${rest} to='a b'`), 'improper-addressing'],
    ['of a domain with a user', root(`${rest} to='x@open.example'`), 'improper-addressing'],
    ['from no address', root(`${rest} to='open.example' from='@'`), 'improper-addressing'],
    ['without version', root("xmlns='jabber:client' to='open.example'"), 'unsupported-version'],
    [
      'of a version that is no number',
      root("xmlns='jabber:client' to='open.example' version='1e9'"),
      'unsupported-version',
    ],
    [
      'of servers',
      root("xmlns='jabber:server' to='open.example' version='1.0'"),
      'invalid-namespace',
    ],
    ['without content namespace', root("to='open.example' version='1.0'"), 'invalid-namespace'],
    [
      'of another namespace',
      `<stream:stream xmlns='jabber:client' xmlns:stream='urn:x' to='open.example' version='1.0'>`,
      'invalid-namespace',
    ],
    [
      'without prefix',
      "<stream xmlns='http://etherx.jabber.org/streams' to='open.example' version='1.0'>",
      'bad-namespace-prefix',
    ],
    [
      'that is another element',
      root(`${rest} to='open.example'`).replace('<stream:stream', '<stream:x'),
      'bad-format',
    ],
    [
      'in another encoding',
      `<?xml version='1.0' encoding='UTF-16'?>${header}`,
      'unsupported-encoding',
    ],
    ['of XML 1.1', header.replace("'1.0'?", "'1.1'?"), 'bad-format'],
    [
      'that declares a prefix for nothing',
      header.replace(' to=', " xmlns:x='' to="),
      'not-well-formed',
    ],
    ['with an attribute twice', header.replace(' to=', " to='a' to="), 'not-well-formed'],
  ];
  testAttacks(
    refused.map(([name, bytes, stream]) => ({
      name: `a header ${name}`,
      phase: 'connected',
      bytes,
      expected: { stream },
    })),
    () => fortress,
  );
});

describe('the wrong thing at the wrong time', () => {
  const bind = `<iq type='set' id='b'><bind xmlns='${BIND}'/></iq>`;
  testAttacks(
    [
      ...[
        ['a message', "<message to='victim@open.example'><body>x</body></message>"],
        ['presence', '<presence/>'],
        ['an iq', "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"],
        [
          'a ping to the server',
          "<iq type='get' id='1' to='open.example'><ping xmlns='urn:xmpp:ping'/></iq>",
        ],
        ['resource binding', bind],
        [
          'a session',
          "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>",
        ],
        ['old authentication', "<iq type='get' id='a'><query xmlns='jabber:iq:auth'/></iq>"],
        ['an unknown element', "<x xmlns='urn:x'/>"],
        ['success', `<success xmlns='${SASL}'/>`],
        ['features', '<stream:features/>'],
        ['a server’s dialback', "<db:result xmlns:db='jabber:server:dialback'>x</db:result>"],
        ['a component’s handshake', '<handshake>x</handshake>'],
        ['a session of before', "<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>"],
        ['compression', "<compress xmlns='http://jabber.org/protocol/compress'/>"],
      ].map(([name, bytes]) => ({
        name: name!,
        phase: 'before-login' as const,
        bytes: bytes!,
        expected: { stream: 'not-authorized' },
      })),
      ...[
        ['a second sign-in', AUTH],
        ['STARTTLS', STARTTLS],
        ['an element of servers', "<message xmlns='jabber:server' to='victim@open.example'/>"],
        ['an unknown stanza', '<stanza/>'],
        ['an unknown namespace', "<x xmlns='urn:x'/>"],
        ['a stream error', '<stream:error/>'],
        ['no namespace', "<message xmlns='' to='victim@open.example'/>"],
      ].map(([name, bytes]) => ({
        name: name!,
        phase: 'signed-in' as const,
        bytes: bytes!,
        expected: { stream: 'unsupported-stanza-type' },
      })),
      {
        name: 'a second resource',
        phase: 'signed-in',
        bytes: bind,
        expected: { stanza: 'service-unavailable' },
      },
    ],
    () => fortress,
  );

  test('what follows the end of the stream is not worked on', async () => {
    const victim = await fortress.signIn('victim', 'v');
    const attacker = await fortress.signIn('attacker');
    attacker.says(
      "</stream:stream><message to='victim@open.example/v'><body>late</body></message>",
    );
    expect(await attacker.hearsTheEnd()).toBe('</stream:stream>');
    await fortress.stands(attacker);
    expect(await victim.fence()).toBe('');
    victim.leaves();
    attacker.leaves();
  });

  test('stanzas pipelined behind a sign-in that fails end the stream', async () => {
    const attacker = await Attacker.connect(fortress.open);
    const wrong = Buffer.from('\0attacker\0wrong').toString('base64');
    attacker.says(header + AUTH.replace(plain('attacker'), wrong) + header + bind);
    const end = await attacker.hearsTheEnd();
    expect(end).toContain('<not-authorized/></failure><stream:error>');
    expect(end).not.toContain('<jid>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[RFC6120 4.9.3.9] a header of another host after signing in ends the stream', async () => {
    const attacker = await Attacker.connect(fortress.open);
    await attacker.opens();
    attacker.says(AUTH);
    await attacker.hears('<success');
    attacker.says(STREAM('localhost'));
    expect(await attacker.hearsTheEnd()).toContain('<stream:error><not-authorized ');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[RFC6120 4.9.3.9] a header from somebody else after signing in ends the stream', async () => {
    const attacker = await Attacker.connect(fortress.open);
    await attacker.opens();
    attacker.says(AUTH);
    await attacker.hears('<success');
    attacker.says(header.replace(' to=', " from='victim@open.example' to="));
    expect(await attacker.hearsTheEnd()).toContain('<stream:error><invalid-from ');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[RFC6120 6.4.6] without a new header nothing is taken after signing in', async () => {
    for (const next of ['<presence/>', bind, '</stream:stream>', 'text']) {
      const attacker = await Attacker.connect(fortress.open);
      await attacker.opens();
      attacker.says(AUTH);
      await attacker.hears('<success');
      attacker.says(next);
      const end = await attacker.hearsTheEnd();
      expect(end).toMatch(/<stream:error>.*<\/stream:error><\/stream:stream>$/);
      expect(end).not.toContain('<jid>');
      await fortress.stands(attacker);
      attacker.leaves();
    }
  });

  test('[RFC6120 4.7.3] each stream has an id of its own, of 128 bits', async () => {
    const ids = new Set<string>();
    for (let count = 0; count < 20; count++) {
      const attacker = await Attacker.connect(fortress.open);
      const id = / id='([\w-]{22})'/.exec(await attacker.opens())?.[1];
      ids.add(id!);
      attacker.leaves();
    }
    expect(ids.size).toBe(20);
    expect(ids).not.toContain(undefined);
  });
});

describe('TLS', () => {
  test('[RFC6120 5.3.1] nobody signs in before it, and the password is not heard', async () => {
    const attacker = await Attacker.connect(fortress.strict);
    const features = await attacker.opens();
    expect(features).toContain('<required/>');
    expect(features).not.toContain('mechanism');
    attacker.says(AUTH);
    expect(await attacker.hears('</failure>')).toContain('<encryption-required/>');
    attacker.says(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-1'>biws</auth>`);
    expect(await attacker.hears('</failure>')).toContain('<encryption-required/>');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[RFC6120 5.4.3.3] clear text pipelined behind STARTTLS is never executed', async () => {
    const victim = await fortress.signIn('victim', 'v');
    const attacker = await Attacker.connect(fortress.open);
    await attacker.opens();
    const injected = `${header}${AUTH}${header}<iq type='set' id='i'><bind xmlns='${BIND}'/></iq>
      <message to='victim@open.example/v'><body>injected</body></message>`;
    attacker.says(STARTTLS + injected);
    await attacker.hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    const secured = await Attacker.connectTls(attacker);
    expect(await secured.opens()).toContain('<mechanism>PLAIN</mechanism>');
    expect(secured.heard).not.toContain('<success');
    await secured.authenticates('attacker', PASSWORD);
    expect(await victim.fence()).toBe('');
    await fortress.stands(secured);
    secured.leaves();
    victim.leaves();
  });

  test('[RFC6120 5.4.3.3] a second STARTTLS, within TLS, is refused', async () => {
    const attacker = await Attacker.connectTls(fortress.direct);
    await attacker.opens();
    attacker.says(STARTTLS);
    expectStreamError(await attacker.hearsTheEnd(), 'not-authorized');
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('[XEP-0368 4] direct TLS without ALPN is served, with a foreign protocol it is not', async () => {
    const attacker = await Attacker.connectTls(fortress.direct);
    expect(await attacker.signsIn('attacker', PASSWORD)).toContain('attacker@localhost/');
    attacker.leaves();
    const { direct } = fortress;
    const foreign = Attacker.connectTls(direct, { ALPNProtocols: ['xmpp-server', 'h2'] });
    await expect(foreign).rejects.toThrow(/no application protocol/);
    await fortress.stands();
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('[RFC8996 5] %s is refused', async (version) => {
    const old = {
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    await expect(Attacker.connectTls(fortress.direct, old)).rejects.toThrow(/alert/);
    await fortress.stands();
  });

  test('[RFC9325 4.1] weak cipher suites are refused', async () => {
    const weak = {
      maxVersion: 'TLSv1.2',
      ciphers: 'AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA',
    } as const;
    await expect(Attacker.connectTls(fortress.direct, weak)).rejects.toThrow(/alert/);
    await fortress.stands();
  });

  test('[RFC9325 3.5] renegotiation ends the connection', async () => {
    const attacker = await Attacker.connectTls(fortress.direct, { maxVersion: 'TLSv1.2' });
    await attacker.opens();
    (attacker.socket as TLSSocket).renegotiate({}, () => {});
    await attacker.hearsTheEnd();
    await fortress.stands(attacker);
    attacker.leaves();
  });

  test('broken handshakes and records disturb nobody', async () => {
    const hello = Buffer.from('16030100c8010000c40303', 'hex');
    const rubbish = [
      hello,
      Buffer.alloc(5000, 0x16),
      Buffer.from('<stream:stream>'),
      Buffer.alloc(1),
    ];
    for (const bytes of rubbish) {
      const attacker = await Attacker.connect(fortress.direct);
      attacker.says(bytes);
      attacker.socket.end();
      await attacker.hearsTheEnd();
      expect(attacker.heard).not.toContain('<');
      attacker.leaves();
    }
    const carrier = await Attacker.connect(fortress.direct);
    const attacker = await Attacker.connectTls(carrier);
    await attacker.opens();
    // Past the encryption: no record that TLS could take.
    carrier.says(Buffer.alloc(500, 0x17));
    await attacker.hearsTheEnd();
    await fortress.stands(attacker);
    carrier.leaves();
  });

  test('a certificate shown for one host does not serve another [RFC6066 3]', async () => {
    const attacker = await Attacker.connectTls(fortress.direct, { servername: 'localhost' });
    attacker.says(STREAM('open.example'));
    expect(await attacker.hearsTheEnd()).toContain('<stream:error><not-authorized ');
    await fortress.stands(attacker);
    attacker.leaves();
  });
});
