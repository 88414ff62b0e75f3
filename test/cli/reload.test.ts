import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

const HEADER = `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

let epode: Installation;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  epode = new Installation();
  port = await freePort();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await killServers();
  epode.remove();
});

function configure(more: string): void {
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
${more}`);
}

/** The features that a client of a new connection is offered; '' when it is turned away. */
async function featuresOf(socket: Socket): Promise<string> {
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  const closed = once(socket, 'close').catch(() => {});
  socket.write(HEADER);
  while (!heard.includes('</stream:features>') && !socket.closed) {
    await Promise.race([once(socket, 'data').catch(() => {}), closed]);
  }
  return heard;
}

function dial(): Socket {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  return socket;
}

test('what may change does so for new connections, the rest is listed', async () => {
  configure('signIn: { allowPlainOnLoopback: true, mechanisms: [PLAIN] }');
  const { log } = await startServer(epode);
  const before = dial();
  expect(await featuresOf(before)).toContain('>PLAIN<');
  configure(`
signIn: { allowPlainOnLoopback: true, mechanisms: [SCRAM-SHA-1] }
limits: { connections: 2 }
log: { level: debug }
modules: { ping: false }
`);
  expect(await epode.run(['reload'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^warning: .*\nReloaded epode\.yaml\.\nChanged: log\.level, limits, signIn \(localhost\)\.\nNeeds a restart: modules\.ping \(localhost\)\.\n$/,
    ),
  });
  const after = await featuresOf(dial());
  expect(after).toContain('>SCRAM-SHA-1<');
  expect(after).not.toContain('>PLAIN<');
  expect(await featuresOf(dial())).toBe('');
  await log.has('connection refused, too many in all');
  expect(before.closed).toBe(false);
  expect(JSON.parse((await epode.run(['reload', '--json'])).out)).toMatchObject({
    live: [],
    needsRestart: ['modules.ping (localhost)'],
  });
});

test('a file with mistakes changes nothing and is told of with every one', async () => {
  configure('');
  const { child, log } = await startServer(epode);
  configure('limits: { connections: 0 }\nlog: { level: loud }\nmodules: { pnig: true }\n');
  const problems = [
    'epode.yaml:4:24: limits.connections must be at least 1',
    'epode.yaml:5:15: log.level must be one of debug, info, warn, error, silent, not the text "loud"',
    'epode.yaml:6:12: unknown module "pnig"; did you mean "ping"?',
  ];
  expect(await epode.run(['reload'])).toEqual({
    code: 1,
    out: '',
    err: `${problems.join('\n')}\n`,
  });
  child.kill('SIGHUP');
  expect(JSON.parse(await log.has('reload failed'))).toMatchObject({ problems });
  expect(await featuresOf(dial())).toContain('</stream:features>');
});

test('a certificate that cannot be used keeps the rest from changing, too', async () => {
  configure('');
  const { child, log } = await startServer(epode);
  epode.configure(`
hosts: { localhost: { certificate: { cert: a.crt, key: a.key } } }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
log: { level: error }
`);
  expect(await epode.run(['reload'])).toMatchObject({
    code: 1,
    err: 'The certificate file a.crt does not exist. Nothing was changed.\nCorrect its path.\n',
  });
  configure('limits: { connections: 7 }');
  child.kill('SIGHUP');
  expect(JSON.parse(await log.has('configuration reloaded'))).toMatchObject({
    live: ['limits'],
    needsRestart: [],
  });
});
