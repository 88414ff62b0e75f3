import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChannelBindings, Connection } from '../../src/stream/connection.ts';
import { bindingHash } from '../../src/transports/certificate-hash.ts';
import { makeSecureContext } from '../../src/transports/secure-context.ts';
import type { TcpListener } from '../../src/transports/tcp.ts';
import { selfSigned } from '../support/self-signed.ts';
import { TcpWorld } from './tcp-world.ts';

const V12: ConnectionOptions = { maxVersion: 'TLSv1.2' };
const V13: ConnectionOptions = { minVersion: 'TLSv1.3' };

let world: TcpWorld;
let listener: TcpListener;
let connections: Connection[];
beforeAll(async () => {
  connections = [];
  world = await new TcpWorld().prepare();
  listener = await world.listen({ directTls: true, onConnection: remember });
});
afterAll(() => world.close());

/** A listener that hears nothing: only the connection is of interest. */
function remember(connection: Connection) {
  connections.push(connection);
  return Object.fromEntries(
    [
      ...['onHeader', 'onFrame', 'onFooter', 'onError', 'onSecure', 'onActivity'],
      ...['onClose', 'onShutdown', 'onOverflow'],
    ].map((name) => [name, () => {}]),
  ) as unknown as ReturnType<NonNullable<Parameters<TcpWorld['listen']>[0]>['onConnection'] & {}>;
}

/** Both ends of a new connection. */
async function meet(
  options: ConnectionOptions,
): Promise<{ client: TLSSocket; server: ChannelBindings }> {
  const protocols = { ALPNProtocols: ['xmpp-client'] };
  const { socket } = await world.connectTls(listener, { ...protocols, ...options });
  const connection = connections.at(-1)!;
  while (!connection.isSecure) await new Promise(setImmediate);
  return { client: socket as TLSSocket, server: connection.channelBindings! };
}

const exported = (socket: TLSSocket) =>
  socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));

describe('a connection', () => {
  test('[RFC9266 2] of TLS 1.3 has what both ends export', async () => {
    const { client, server } = await meet(V13);
    expect(server.types).toEqual(['tls-exporter', 'tls-server-end-point']);
    expect(server.data('tls-exporter')).toEqual(exported(client));
    expect(server.data('tls-exporter')).toHaveLength(32);
  });

  test("[RFC5929 3.1] of TLS 1.2 has the client's Finished message", async () => {
    const { client, server } = await meet(V12);
    expect(server.types).toEqual(['tls-unique', 'tls-server-end-point']);
    expect(server.data('tls-unique')).toEqual(client.getFinished());
    expect(server.data('tls-exporter')).toBeNull();
  });

  test('of TLS 1.3 has that as well, and does not announce it', async () => {
    const { client, server } = await meet(V13);
    expect(server.data('tls-unique')).toEqual(client.getFinished());
  });

  test.each([
    ['TLS 1.2', V12],
    ['TLS 1.3', V13],
  ])('of %s takes up no earlier one', async (_, version) => {
    const { client: earlier } = await meet(version);
    const session = await new Promise<Buffer>((resolve) => {
      earlier.once('session', resolve);
      if (version === V12) resolve(earlier.getSession()!);
    });
    const { client } = await meet({ ...version, session });
    expect(client.isSessionReused()).toBe(false);
  });

  test('[RFC5929 4.1] after a new certificate has that one', async () => {
    const { server: before } = await meet({});
    const pem = await selfSigned('example.com');
    Object.assign(world.host, {
      secureContext: makeSecureContext({ ...pem, minVersion: 'TLSv1.2' }),
    });
    const { server } = await meet({ ca: pem.cert });
    const digest = createHash('sha256').update(new X509Certificate(pem.cert).raw).digest();
    expect(server.data('tls-server-end-point')).toEqual(digest);
    expect(before.data('tls-server-end-point')).not.toEqual(digest);
    world.certificates.set('example.com', pem.cert);
  });

  test.each(['example.com', 'example.net'])(
    '[RFC5929 4.1] for %s has the certificate that it was shown',
    async (name) => {
      const { client, server } = await meet({ servername: name });
      const sent = new X509Certificate(world.certificates.get(name)!);
      expect(client.getPeerX509Certificate()!.raw.equals(sent.raw)).toBe(true);
      const digest = createHash('sha256').update(sent.raw).digest();
      expect(server.data('tls-server-end-point')).toEqual(digest);
    },
  );

  test('has nothing for types that it does not know', async () => {
    const { server } = await meet(V13);
    expect(
      ['', 'TLS-EXPORTER', 'tls', '__proto__', 'types'].map((type) => server.data(type)),
    ).toEqual([null, null, null, null, null]);
  });

  test('differs from every other', async () => {
    const [one, other] = [await meet(V13), await meet(V13)];
    for (const type of ['tls-exporter', 'tls-unique']) {
      expect(one.server.data(type)).not.toEqual(other.server.data(type));
    }
  });

  test('has none before TLS', async () => {
    const plain = await world.listen({ onConnection: remember });
    await world.connect(plain);
    while (plain.connectionCount === 0) await new Promise(setImmediate);
    expect(connections.at(-1)!.channelBindings).toBeNull();
  });
});

describe('[RFC5929 4.1] the hash of a certificate that is signed with', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const RSA = ['-newkey', 'rsa:2048'];
  const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const PSS = [...RSA, '-sigopt', 'rsa_padding_mode:pss'];

  test.each<[string, string[], string | null]>([
    ['RSA and SHA-1', [...RSA, '-sha1'], 'sha256'],
    ['RSA and SHA-256', [...RSA, '-sha256'], 'sha256'],
    ['RSA and SHA-384', [...RSA, '-sha384'], 'sha384'],
    ['RSA and SHA-512', [...RSA, '-sha512'], 'sha512'],
    ['RSASSA-PSS and SHA-1', [...PSS, '-sha1'], 'sha256'],
    ['RSASSA-PSS and SHA-256', [...PSS, '-sha256'], 'sha256'],
    ['RSASSA-PSS and SHA-512', [...PSS, '-sha512'], 'sha512'],
    ['ECDSA and SHA-1', [...EC, '-sha1'], 'sha256'],
    ['ECDSA and SHA-384', [...EC, '-sha384'], 'sha384'],
    ['Ed25519, which names none', ['-newkey', 'ed25519'], null],
  ])('%s', (_, options, hash) => {
    const file = join(folder, 'cert.pem');
    const fixed = ['-nodes', '-subj', '/CN=localhost', '-keyout', join(folder, 'key.pem')];
    execFileSync('openssl', ['req', '-x509', ...options, ...fixed, '-out', file], {
      stdio: 'ignore',
    });
    expect(bindingHash(new X509Certificate(readFileSync(file)).raw)).toBe(hash);
  });
});
