import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

let epode: Installation;
beforeEach(() => {
  epode = new Installation();
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

async function configure(): Promise<number> {
  const port = await freePort();
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s-tls, address: 127.0.0.1, port: ${port} }]
signIn: { scramIterations: 4096 }
`);
  return port;
}

const start = () => startServer(epode);

/** The name that the server's certificate is verified for, by the one it keeps. */
function verifiedName(port: number): Promise<unknown> {
  const ca = readFileSync(join(epode.directory, 'data/certificates/localhost.crt'));
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca };
    const socket = connect({ ...options, ALPNProtocols: ['xmpp-client'] }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('start', () => {
  test('says what listens, serves commands and TLS, and stops when asked', async () => {
    const port = await configure();
    const { said, ended } = await start();
    expect(said).toContain(`  127.0.0.1:${port}  clients, direct TLS\n`);
    expect(await verifiedName(port)).toContain('DNS:localhost');

    const add = ['user', 'add', 'juliet@localhost', '--password-stdin'];
    expect(await epode.run(add, 'secret')).toMatchObject({ code: 0 });
    expect((await epode.run(['user', 'list'])).out).toContain('juliet@localhost');
    const { out } = await epode.run(['explain']);
    expect(out).toMatch(/^localhost\n {2}\w+ message /);
    expect(out).toContain('\n  answer http GET, POST /http-bind: server\n');
    expect(out).toContain('\n  answer http GET /web.json: web\n');

    expect(await epode.run(['start'])).toMatchObject({ code: 1 });
    expect(await epode.run(['stop'])).toMatchObject({ code: 0, out: 'Stopped.\n' });
    expect(await ended).toBe(0);
    expect(existsSync(epode.socket)).toBe(false);
  });

  test('ends gracefully on a signal, and a repeat of it is the same', async () => {
    await configure();
    const { child, ended } = await start();
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(epode.socket)).toBe(false);
  });

  test('that finds its port taken says so in one message', async () => {
    const port = await configure();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const outcome = await epode.run(['start']);
    other.close();
    expect(outcome).toMatchObject({
      code: 1,
      err: `Port ${port} is in use by another program.\nStop that program, or set another port under "listeners".\n`,
    });
  });

  test('with a certificate that is not there says so in one message', async () => {
    epode.configure('hosts: { a.example: { certificate: { cert: a.crt, key: a.key } } }');
    expect(await epode.run(['start'])).toMatchObject({
      code: 1,
      err: 'The certificate file a.crt does not exist.\nCorrect its path.\n',
    });
  });

  test('with a mistake in a module’s section says where', async () => {
    epode.configure('hosts: { localhost: }\nmodules: { pnig: false }\n');
    expect(await epode.run(['start'])).toMatchObject({
      code: 1,
      err: 'epode.yaml:2:12: unknown module "pnig"; did you mean "ping"?\n',
    });
  });
});
