import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { makeSelfSigned } from '../../src/server/self-signed.ts';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

const DAY = 86_400_000;
const HEADER = `<stream:stream to='a.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

let epode: Installation;
let port: number;
const sockets: TLSSocket[] = [];

beforeEach(async () => {
  epode = new Installation();
  port = await freePort();
  epode.configure(`
hosts: { a.example: { certificate: { cert: a.crt, key: a.key } }, localhost: }
listeners: [{ type: c2s-tls, address: 127.0.0.1, port: ${port} }]
`);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await killServers();
  epode.remove();
});

/** A new certificate of a.example in the place where the server looks. */
async function issue(name = 'a.example'): Promise<void> {
  const now = Date.now();
  const dates = { notBefore: now - DAY, notAfter: now + 90 * DAY };
  const { cert, key } = await makeSelfSigned({ dnsNames: [name], addresses: [], ...dates });
  place('a.crt', cert);
  place('a.key', key);
}

function place(name: string, content: string): void {
  writeFileSync(join(epode.directory, name), content, { mode: 0o600 });
}

/** A client that looks at no certificate but to tell which it is. */
async function dial() {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'a.example',
    ALPNProtocols: ['xmpp-client'],
    rejectUnauthorized: false,
  });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return { socket, fingerprint: socket.getPeerCertificate().fingerprint256 };
}

/** Whether the server still answers on a connection. */
async function opensStream(socket: TLSSocket): Promise<boolean> {
  socket.write(HEADER);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString().includes("from='a.example'");
}

async function shown(): Promise<Record<string, unknown>[]> {
  return JSON.parse((await epode.run(['cert', 'show', '--json'])).out);
}

describe('cert show', () => {
  test('tells of each host what its files hold, without server', async () => {
    await issue();
    expect(await shown()).toEqual([
      {
        host: 'a.example',
        problem: '',
        isInUse: null,
        certificate: expect.objectContaining({
          names: ['a.example'],
          issuer: 'CN=a.example',
          isSelfSigned: true,
          fingerprint: expect.stringMatching(/^([\dA-F]{2}:){31}[\dA-F]{2}$/),
          warnings: [],
        }),
      },
      { host: 'localhost', certificate: null, problem: '', isInUse: null },
    ]);
  });

  test('is for people, too', async () => {
    await issue('b.example');
    const { out } = await epode.run(['cert', 'show']);
    expect(out).toMatch(/^a\.example\n {2}names {7}b\.example\n {2}issuer {6}self-signed\n/);
    expect(out).toContain('  warning     the certificate of a.example is not valid for that');
    expect(out).toMatch(/\nlocalhost\n {14}is made at the first start\n$/);
  });

  test('tells what is wrong with one, and goes on', async () => {
    place('a.crt', 'nonsense');
    const [first, second] = await shown();
    expect(first).toMatchObject({
      certificate: null,
      problem: expect.stringContaining('The certificate file a.crt is not in PEM form'),
    });
    expect(second).toMatchObject({ host: 'localhost' });
  });
});

describe('a renewed certificate', () => {
  test('is for new connections once `cert reload` was run; others go on', async () => {
    await issue();
    await startServer(epode);
    const before = await dial();
    await issue();
    expect((await dial()).fingerprint).toBe(before.fingerprint);
    expect(await shown()).toMatchObject([{ isInUse: false }, { isInUse: true }]);

    const { code, out } = await epode.run(['cert', 'reload']);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'New connections get 2 certificates as the files have them now.\n',
    });
    const after = await dial();
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(await shown()).toMatchObject([
      { isInUse: true, certificate: { fingerprint: after.fingerprint } },
      { isInUse: true },
    ]);
    expect(await opensStream(before.socket)).toBe(true);
  });

  test('is for new connections after SIGHUP', async () => {
    await issue();
    const { child, log } = await startServer(epode);
    const before = await dial();
    await issue();
    child.kill('SIGHUP');
    await log.has('certificates reloaded');
    expect((await dial()).fingerprint).not.toBe(before.fingerprint);
  });

  test('that is broken changes nothing, and is told of', async () => {
    await issue();
    const { child, log } = await startServer(epode);
    const before = await dial();
    place('a.key', 'nonsense');
    expect(await epode.run(['cert', 'reload'])).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^The key file a\.key is not in PEM form .* Nothing was changed\.\nConvert it/,
      ),
    });
    child.kill('SIGHUP');
    expect(await log.has('reload failed')).toContain('The key file a.key is not in PEM form');
    expect((await dial()).fingerprint).toBe(before.fingerprint);
  });
});
