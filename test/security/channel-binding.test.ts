import { createHash } from 'node:crypto';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Attacker, SASL, STREAM } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';
import { clientFinal, encode, readServerFirst } from './support/scram.ts';

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

const V12: ConnectionOptions = { maxVersion: 'TLSv1.2' };
const V13: ConnectionOptions = { minVersion: 'TLSv1.3' };

/** What a client of that connection binds to. */
const DATA = {
  'tls-exporter': (socket: TLSSocket) =>
    socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  'tls-unique': (socket: TLSSocket) => socket.getFinished()!,
  'tls-server-end-point': (socket: TLSSocket) =>
    createHash('sha256').update(socket.getPeerX509Certificate()!.raw).digest(),
};
type BindingType = keyof typeof DATA;

async function meet(options: ConnectionOptions): Promise<{ client: Attacker; features: string }> {
  const client = await Attacker.connectTls(fortress.direct, {
    ALPNProtocols: ['xmpp-client'],
    ...options,
  });
  client.says(STREAM('localhost'));
  return { client, features: await client.hears('</stream:features>') };
}

/** Signs in with the right password; what it binds to, and says of it, is the caller's. */
async function signIn(
  client: Attacker,
  {
    gs2,
    data,
    mechanism = 'SCRAM-SHA-256-PLUS',
  }: { gs2: string; data: Buffer; mechanism?: string },
): Promise<string> {
  const firstBare = 'n=attacker,r=abc';
  const auth = `<auth xmlns='${SASL}' mechanism='${mechanism}'>${encode(gs2 + firstBare)}</auth>`;
  client.says(auth);
  const heard = await client.hears('</challenge>', '</failure>');
  const challenge = /<challenge[^>]*>([^<]*)/.exec(heard)?.[1];
  if (challenge === undefined) return heard;
  const server = readServerFirst(challenge);
  const withoutProof = `c=${encode(Buffer.concat([Buffer.from(gs2), data]))},r=${server.nonce}`;
  const final = { hash: 'sha256', password: PASSWORD, firstBare, server, withoutProof } as const;
  client.says(`<response xmlns='${SASL}'>${encode(clientFinal(final))}</response>`);
  return client.hears('</success>', '</failure>');
}

describe('a client binds', () => {
  test.each<[BindingType, string, ConnectionOptions]>([
    ['tls-exporter', 'TLS 1.3', V13],
    ['tls-server-end-point', 'TLS 1.3', V13],
    ['tls-unique', 'TLS 1.3, unannounced', V13],
    ['tls-unique', 'TLS 1.2', V12],
    ['tls-server-end-point', 'TLS 1.2', V12],
  ])('[RFC5802 6] by %s on %s', async (type, _, version) => {
    const { client } = await meet(version);
    const data = DATA[type](client.socket as TLSSocket);
    expect(await signIn(client, { gs2: `p=${type},,`, data })).toContain('<success');
  });

  test('[XEP-0440 2] by the types that its version of TLS has', async () => {
    const types = (features: string) =>
      [...features.matchAll(/<channel-binding type="([^"]*)"/g)].map(([, type]) => type);
    const [new_, old] = [await meet(V13), await meet(V12)];
    expect(types(new_.features)).toEqual(['tls-exporter', 'tls-server-end-point']);
    expect(types(old.features)).toEqual(['tls-unique', 'tls-server-end-point']);
  });

  test('[XEP-0474 5.1] and learns what was offered', async () => {
    const { client, features } = await meet(V13);
    const mechanisms = [
      ...features.split('</mechanisms>')[0]!.matchAll(/<mechanism>([^<]*)</g),
    ].map(([, name]) => name);
    const list = `${mechanisms.toSorted().join('\x1e')}\x1ftls-exporter\x1etls-server-end-point`;
    const first = encode('n,,n=attacker,r=abc');
    client.says(`<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256'>${first}</auth>`);
    const challenge = /<challenge[^>]*>([^<]*)/.exec(await client.hears('</challenge>'))![1]!;
    const hash = createHash('sha256').update(list).digest('base64');
    expect(readServerFirst(challenge).text.endsWith(`,h=${hash}`)).toBe(true);
  });
});

describe('somebody in between', () => {
  test.each<[BindingType, ConnectionOptions]>([
    ['tls-exporter', V13],
    ['tls-unique', V13],
    ['tls-unique', V12],
  ])('[RFC5802 6] cannot pass on what was bound by %s elsewhere', async (type, version) => {
    const { client: elsewhere } = await meet(version);
    const { client } = await meet(version);
    const data = DATA[type](elsewhere.socket as TLSSocket);
    expect(await signIn(client, { gs2: `p=${type},,`, data })).toContain('<not-authorized/>');
  });

  test('[RFC5802 6] cannot show another certificate', async () => {
    const { client } = await meet(V13);
    const data = createHash('sha256').update('another certificate').digest();
    const heard = await signIn(client, { gs2: 'p=tls-server-end-point,,', data });
    expect(heard).toContain('<not-authorized/>');
  });

  test('[RFC5802 6] cannot take -PLUS out of the offer', async () => {
    const { client } = await meet(V13);
    const plain = { gs2: 'y,,', data: Buffer.alloc(0), mechanism: 'SCRAM-SHA-256' };
    expect(await signIn(client, plain)).toContain('<not-authorized/>');
  });

  test('[RFC5802 6] nor by failing with a type first', async () => {
    const { client } = await meet(V13);
    const data = Buffer.alloc(0);
    expect(await signIn(client, { gs2: 'p=tls-magic,,', data })).toContain('<malformed-request/>');
    const plain = { gs2: 'y,,', data, mechanism: 'SCRAM-SHA-256' };
    expect(await signIn(client, plain)).toContain('<not-authorized/>');
  });

  test('[RFC5802 6] cannot turn one type into another', async () => {
    const { client } = await meet(V13);
    const data = DATA['tls-server-end-point'](client.socket as TLSSocket);
    expect(await signIn(client, { gs2: 'p=tls-exporter,,', data })).toContain('<not-authorized/>');
  });
});

test('types that there are not can be tried without end only until the stream ends', async () => {
  const { client } = await meet(V13);
  const auth = `<auth xmlns='${SASL}' mechanism='SCRAM-SHA-256-PLUS'>${encode('p=x,,n=a,r=b')}</auth>`;
  client.says(auth.repeat(50));
  const heard = await client.hearsTheEnd();
  expect(heard.match(/<failure/g)).toHaveLength(12);
  expect(heard).toContain('<policy-violation');
});
