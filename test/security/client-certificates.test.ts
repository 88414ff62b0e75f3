import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import type { TcpListener } from '../../src/transports/tcp.ts';
import { base64, HEADER, plainAuth, STARTTLS, sasl } from '../stream/talk.ts';
import {
  Authority,
  der,
  dnsName,
  emailName,
  type Pair,
  type Wishes,
  xmppAddress,
} from '../support/authority.ts';
import { selfSigned } from '../support/self-signed.ts';
import { TcpWorld, type Wire } from '../transports/tcp-world.ts';

const DAY = 86_400_000;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const JULIET = 'juliet@example.com';
const NET_HEADER = HEADER.replace('example.com', 'example.net');

let world: TcpWorld;
let authority: Authority;
let direct: TcpListener;
let plain: TcpListener;
beforeAll(async () => {
  world = await new TcpWorld().prepare();
  authority = await Authority.found();
  const pem = await selfSigned('example.com');
  const facts = { ...pem, minVersion: 'TLSv1.2', clientAuthority: authority.cert } as const;
  Object.assign(world.host, { secureContext: makeSecureContext(facts) });
  world.certificates.set('example.com', pem.cert);
  await world.host.addAccount('nurse');
  const locked = { ...world.host.accounts.get('nurse')!, username: 'locked', isDisabled: true };
  world.host.accounts.set('locked', locked);
  direct = await world.listen({ directTls: true });
  plain = await world.listen();
});
afterAll(() => world.close());

const external = (text: string) => sasl('auth', text, " mechanism='EXTERNAL'");
const issue = (names: readonly (string | Buffer)[], wishes?: Wishes): Promise<Pair> =>
  authority.issue(
    names.map((name) => (typeof name === 'string' ? xmppAddress(name) : name)),
    wishes,
  );

/** A client over direct TLS, with the features read. */
async function meet(
  pair: Pair | null,
  options: ConnectionOptions = {},
  header = HEADER,
): Promise<{ client: Wire; features: string }> {
  const client = await world.connectTls(direct, { ...pair, ...options });
  return { client, features: await client.says(header).hears('</stream:features>') };
}

async function answerTo(pair: Pair, text: string): Promise<string> {
  const { client } = await meet(pair);
  client.says(external(text));
  return client.hears(text === '' ? '<challenge' : 'xmpp-sasl"');
}

describe('a client whose certificate is for its account', () => {
  test.each<[string, ConnectionOptions]>([
    ['1.2', { maxVersion: 'TLSv1.2' }],
    ['1.3', { minVersion: 'TLSv1.3' }],
  ])('[XEP-0178 2] signs in by it on TLS %s', async (_, version) => {
    const { client, features } = await meet(await issue([JULIET]), version);
    expect(features).toContain('<mechanism>EXTERNAL</mechanism><mechanism>SCRAM');
    await client.says(external('=')).hears('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
    await client.says(HEADER).hears('<bind ');
  });

  test('[XEP-0178 2] signs in by it after STARTTLS', async () => {
    const client = await world.connect(plain);
    expect(await client.says(HEADER).hears('</stream:features>')).not.toContain('EXTERNAL');
    await client.says(STARTTLS).hears('<proceed xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>');
    const secured = await world.connectTls(client, await issue([JULIET]));
    expect(await secured.says(HEADER).hears('</stream:features>')).toContain('EXTERNAL');
    await secured.says(external(base64(JULIET))).hears('<success');
  });

  test('[XEP-0388 2.3] signs in by it and is bound along with it', async () => {
    const { client } = await meet(await issue([JULIET]));
    client.says(
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='EXTERNAL'><initial-response/>",
      "<bind xmlns='urn:xmpp:bind:0'/></authenticate>",
    );
    expect(await client.hears('</success>')).toContain('>juliet@example.com/made-by-server<');
  });

  test('[RFC4422 A.1] may be asked for its first message', async () => {
    const { client } = await meet(await issue([JULIET]));
    await client.says(external('')).hears('<challenge xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
    await client.says(sasl('response')).hears('<success');
  });

  test('may sign in with its password as well', async () => {
    const { client } = await meet(await issue([JULIET]));
    await client.says(plainAuth()).hears('<success');
  });

  test.each([
    ['[XEP-0178 2] names itself', [JULIET], base64(JULIET), '<success'],
    ['[RFC7622 3.3] names itself in another case', [JULIET], base64('JULIET@Example.com'), '<succ'],
    [
      '[XEP-0178 2] has several and names one',
      [JULIET, 'nurse@example.com'],
      base64(JULIET),
      '<su',
    ],
    ['[XEP-0178 2] has several and names none', [JULIET, 'nurse@example.com'], '=', 'authzid'],
    ['has one of them twice and names none', [JULIET, 'Juliet@example.com'], '=', '<success'],
    ['has others elsewhere and names none', [JULIET, 'juliet@example.net'], '=', '<success'],
    ['[RFC6120 6.5.6] names another', [JULIET], base64('nurse@example.com'), 'authzid'],
    ['names one elsewhere', [JULIET, 'nurse@example.net'], base64('nurse@example.net'), 'authzid'],
    ['names itself with a resource', [JULIET], base64(`${JULIET}/balcony`), 'authzid'],
    ['names what is no address', [JULIET], base64('@'), 'authzid'],
    ['names itself and more behind a NUL', [JULIET], base64(`${JULIET}\0nurse`), 'authzid'],
    ['names nobody in characters', [JULIET], '/w==', '<malformed-request/>'],
    ['has no account', ['nobody@example.com'], '=', '<not-authorized/>'],
    ['has an account that is disabled', ['locked@example.com'], '=', '<not-authorized/>'],
  ])('and that %s', async (_, names, text, answer) => {
    const { client } = await meet(await issue(names));
    await client.says(external(text)).hears(answer);
  });
});

describe('a certificate is worth nothing', () => {
  const nothing: readonly (readonly [string, readonly (string | Buffer)[], Wishes?])[] = [
    ['without names', []],
    ['for what is in its subject alone', [], { subject: [{ CN: [JULIET] }] }],
    [
      'for a subject within a subject',
      [dnsName('x.example')],
      { subject: [{ O: [`x,CN=${JULIET}`] }, { CN: ['y'] }] },
    ],
    ['for a domain', [dnsName('example.com'), 'example.com']],
    ['for a mail address', [emailName(JULIET)]],
    ['for an account elsewhere', ['juliet@example.net']],
    ['for an account at a wildcard', ['juliet@*.com', '*@*', '*.example.com']],
    ['for one resource', [`${JULIET}/balcony`]],
    ['for a name cut by NUL', [`${JULIET}\0.example.net`, `juliet\0@example.com`]],
    ['for a name in another type of text', [xmppAddress(JULIET, 0x16)]],
    ['for what is no UTF-8', [xmppAddress(Buffer.from('julie\xff@example.com', 'latin1'))]],
    ['for an address that is too long', [`${'j'.repeat(5000)}@example.com`]],
    ['with names without end', [...Array.from({ length: 3000 }, () => dnsName('a')), JULIET]],
    ['that has expired', [JULIET], { notBefore: Date.now() - 2 * DAY, notAfter: Date.now() - DAY }],
    [
      'that is not valid yet',
      [JULIET],
      { notBefore: Date.now() + DAY, notAfter: Date.now() + 2 * DAY },
    ],
    ['that is not for clients', [JULIET], { usages: [SERVER_AUTH] }],
  ];

  test.each(nothing)('[RFC6120 13.7.2] %s', async (...[, names, wishes]) => {
    const { client, features } = await meet(await issue(names, wishes));
    expect(features).not.toContain('EXTERNAL');
    await client.says(external(base64(JULIET))).hears('<invalid-mechanism/>');
    await client.says(plainAuth()).hears('<success');
  });

  test('with nested elements without end', async () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 5000; depth++) nested = der(0xa0, nested);
    const { features } = await meet(await issue([nested]));
    expect(features).not.toContain('EXTERNAL');
  });

  test('of another authority, though it has the same name', async () => {
    const stranger = await Authority.found();
    const { client, features } = await meet(await stranger.issue([xmppAddress(JULIET)]));
    expect(features).not.toContain('EXTERNAL');
    await client.says(external('=')).hears('<invalid-mechanism/>');
  });

  test('that vouches for itself', async () => {
    const { features } = await meet(await selfSigned(JULIET));
    expect(features).not.toContain('EXTERNAL');
  });

  test('that a client issued', async () => {
    const { cert } = await issue([JULIET]);
    const forged = await (await Authority.found('CN=Client')).issue([xmppAddress(JULIET)]);
    const { features } = await meet({ cert: forged.cert + cert, key: forged.key });
    expect(features).not.toContain('EXTERNAL');
  });

  test('at a host that asks for none', async () => {
    const pair = await issue(['juliet@example.net']);
    const { client, features } = await meet(pair, { servername: 'example.net' }, NET_HEADER);
    expect(features).not.toContain('EXTERNAL');
    await client.says(external('=')).hears('<invalid-mechanism/>');
  });

  test('at a host whose authority has not checked it', async () => {
    // Without a name in the handshake the default host's certificate is shown.
    const pair = await issue(['juliet@example.net', JULIET]);
    const unnamed = { servername: '', checkServerIdentity: () => undefined };
    const { features } = await meet(pair, unnamed, NET_HEADER);
    expect(features).not.toContain('EXTERNAL');
    expect((await meet(pair, unnamed)).features).toContain('EXTERNAL');
  });
});

test('without a certificate one is not offered to sign in by it', async () => {
  const { client, features } = await meet(null);
  expect(features).not.toContain('EXTERNAL');
  await client.says(external('=')).hears('<invalid-mechanism/>');
});

test('a certificate is shown anew on each connection', async () => {
  const pair = await issue([JULIET]);
  expect(await answerTo(pair, '=')).toContain('<success');
  const { features } = await meet(null);
  expect(features).not.toContain('EXTERNAL');
});
