import { createHash, createHmac } from 'node:crypto';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Attacker, STREAM } from './support/attacker.ts';
import { Fortress, PASSWORD } from './support/fortress.ts';
import { encode } from './support/scram.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const FAST = 'urn:xmpp:fast:0';
const AGENT = "<user-agent xmlns='urn:xmpp:sasl:2' id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>";
const V12: ConnectionOptions = { maxVersion: 'TLSv1.2' };
const V13: ConnectionOptions = { minVersion: 'TLSv1.3' };

let fortress: Fortress;
beforeAll(async () => {
  fortress = await Fortress.build();
}, 30_000);
afterAll(() => fortress.raze());

/** What a client of that connection binds to. */
const DATA = {
  'HT-SHA-256-EXPR': (socket: TLSSocket) =>
    socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  'HT-SHA-256-ENDP': (socket: TLSSocket) =>
    createHash('sha256').update(socket.getPeerX509Certificate()!.raw).digest(),
  'HT-SHA-256-NONE': () => Buffer.alloc(0),
};
type Mechanism = keyof typeof DATA;

async function meet(options: ConnectionOptions): Promise<{ client: Attacker; features: string }> {
  const client = await Attacker.connectTls(fortress.direct, {
    ALPNProtocols: ['xmpp-client'],
    ...options,
  });
  client.says(STREAM('localhost'));
  return { client, features: await client.hears('</stream:features>') };
}

/** A token for the mechanism, got by the password. */
async function tokenFor(mechanism: Mechanism, options: ConnectionOptions): Promise<string> {
  const { client } = await meet(options);
  const request = `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`;
  const heard = await authenticate(client, 'PLAIN', `\0attacker\0${PASSWORD}`, request);
  client.leaves();
  return /token="([^"]+)"/.exec(heard)?.[1] ?? '';
}

/** May be asked for once. */
function dataOf({ socket }: Attacker, mechanism: Mechanism): Buffer {
  return DATA[mechanism](socket as TLSSocket);
}

/** Shows a token on a connection, bound to that one or to another. */
function show(
  client: Attacker,
  mechanism: Mechanism,
  token: string,
  { data = dataOf(client, mechanism), attributes = '' } = {},
): Promise<string> {
  const hash = createHmac('sha256', token).update('Initiator').update(data).digest();
  const message = Buffer.concat([Buffer.from('attacker\0'), hash]);
  return authenticate(client, mechanism, message, `<fast xmlns='${FAST}' ${attributes}/>`);
}

async function authenticate(
  client: Attacker,
  mechanism: string,
  message: string | Buffer,
  more: string,
): Promise<string> {
  const initial = `<initial-response>${encode(message)}</initial-response>`;
  client.says(
    `<authenticate xmlns='${SASL2}' mechanism='${mechanism}'>${initial}${AGENT}${more}</authenticate>`,
  );
  return await client.hears('</success>', '</failure>');
}

const ways: [Mechanism, string, ConnectionOptions][] = [
  ['HT-SHA-256-EXPR', 'TLS 1.3', V13],
  ['HT-SHA-256-ENDP', 'TLS 1.3', V13],
  ['HT-SHA-256-NONE', 'TLS 1.3', V13],
  ['HT-SHA-256-ENDP', 'TLS 1.2', V12],
  ['HT-SHA-256-NONE', 'TLS 1.2', V12],
];

describe('a token is shown', () => {
  test.each(ways)('[XEP-0484 4.4] by %s on %s', async (mechanism, _, options) => {
    const token = await tokenFor(mechanism, options);
    const { client } = await meet(options);
    const data = dataOf(client, mechanism);
    const heard = await show(client, mechanism, token, { data });
    const proof = createHmac('sha256', token).update('Responder').update(data).digest();
    expect(heard).toContain(`<additional-data>${encode(proof)}</additional-data>`);
    client.leaves();
    await fortress.stands(client);
  });

  test('[XEP-0484 4.1] by what the version of TLS has', async () => {
    const listed = ({ features }: { features: string }) =>
      /<fast xmlns="urn:xmpp:fast:0">(.*?)<\/fast>/
        .exec(features)?.[1]
        ?.match(/(?<=<mechanism>)[^<]*/g);
    const all = ['HT-SHA-256-EXPR', 'HT-SHA-256-ENDP', 'HT-SHA-256-NONE'];
    expect(listed(await meet(V13))).toEqual(all);
    expect(listed(await meet(V12))).toEqual(all.slice(1));
  });

  test('[XEP-0484 4.1] in vain by the exporter on TLS 1.2, and no token is given for it', async () => {
    expect(await tokenFor('HT-SHA-256-EXPR', V12)).toBe('');
    const token = await tokenFor('HT-SHA-256-EXPR', V13);
    const { client } = await meet(V12);
    expect(await show(client, 'HT-SHA-256-EXPR', token)).toContain('<invalid-mechanism');
    client.leaves();
  });
});

describe('somebody in between', () => {
  test('[XEP-0484 7] cannot pass on what was bound to another connection', async () => {
    const token = await tokenFor('HT-SHA-256-EXPR', V13);
    const { client: elsewhere } = await meet(V13);
    const { client } = await meet(V13);
    const data = dataOf(elsewhere, 'HT-SHA-256-EXPR');
    const heard = await show(client, 'HT-SHA-256-EXPR', token, { data });
    expect(heard).toContain('<not-authorized');
    await fortress.stands(client);
    for (const each of [client, elsewhere]) each.leaves();
  });

  test('[XEP-0484 4.4] cannot turn to a mechanism that binds less', async () => {
    const token = await tokenFor('HT-SHA-256-EXPR', V13);
    for (const weaker of ['HT-SHA-256-ENDP', 'HT-SHA-256-NONE'] as const) {
      const { client } = await meet(V13);
      expect(await show(client, weaker, token)).toContain('<not-authorized');
      client.leaves();
    }
  });

  test('[XEP-0484 4.4] cannot show again what came with a count', async () => {
    const token = await tokenFor('HT-SHA-256-NONE', V13);
    const counted = async () => {
      const { client } = await meet(V13);
      const heard = await show(client, 'HT-SHA-256-NONE', token, { attributes: "count='1'" });
      client.leaves();
      return heard;
    };
    const answers = await Promise.all([counted(), counted(), counted()]);
    expect(answers.filter((heard) => heard.includes('<success'))).toHaveLength(1);
    expect(answers.filter((heard) => heard.includes('<not-authorized'))).toHaveLength(2);
  });
});

test('[XEP-0484 4.4] tokens, counts and all outlive a server that is killed', async () => {
  const token = await tokenFor('HT-SHA-256-NONE', V13);
  const { client } = await meet(V13);
  await show(client, 'HT-SHA-256-NONE', token, { attributes: "count='3'" });
  await fortress.end('SIGKILL');
  await fortress.start();
  const again = async (count: number) => {
    const { client } = await meet(V13);
    const heard = await show(client, 'HT-SHA-256-NONE', token, { attributes: `count='${count}'` });
    client.leaves();
    return heard;
  };
  expect(await again(3)).toContain('<not-authorized');
  expect(await again(4)).toContain('<success');
  expect(fortress.log).not.toContain(token);
}, 30_000);
