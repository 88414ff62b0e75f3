import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, LogLines, startServer } from './serving.ts';

const HEADER = `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
const PLAIN = Buffer.from('\0juliet\0s3cret').toString('base64');

let epode: Installation;
let port: number;
let log: LogLines;
const sockets: Socket[] = [];
const children: ReturnType<Installation['start']>[] = [];

beforeEach(async () => {
  epode = new Installation();
  port = await freePort();
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
signIn: { allowPlainOnLoopback: true, mechanisms: [PLAIN], scramIterations: 4096 }
`);
  ({ log } = await startServer(epode));
  await epode.run(['user', 'add', 'juliet@localhost', '--password-stdin'], 's3cret');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await killServers();
  epode.remove();
});

/** Juliet's client; it has a session. */
async function signIn(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  const steps = [
    [HEADER, '</stream:features>'],
    [
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${PLAIN}</auth>`,
      '<success',
    ],
    [HEADER, '</stream:features>'],
    [`<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`, '</iq>'],
  ] as const;
  for (const [said, awaited] of steps) await ask(socket, said, awaited);
  return socket;
}

async function ask(socket: Socket, said: string, awaited: string): Promise<void> {
  let heard = '';
  socket.write(said);
  while (!heard.includes(awaited)) heard += (await once(socket, 'data'))[0];
}

/** `epode trace`, once the server knows of it. */
async function trace(...args: string[]) {
  const child = epode.start(['trace', 'juliet@localhost', ...args]);
  children.push(child);
  await log.has('an operator traces an account');
  const closed = once(child, 'close');
  return { child, said: new LogLines(child.stdout), closed };
}

const PING = `<iq type='get' id='p1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;

test('what a client says is told as it says it, until there is enough', async () => {
  const socket = await signIn();
  const { said, closed } = await trace('--json', '--count', '2');
  await ask(socket, PING, "id='p1'");
  expect(JSON.parse(await said.has('received'))).toMatchObject({
    event: 'received',
    stage: 'outgoing iq',
    stanza: expect.stringContaining('<ping xmlns="urn:xmpp:ping"/>'),
  });
  expect((await closed)[0]).toBe(0);
});

test('for people it is told in words', async () => {
  const socket = await signIn();
  const { said } = await trace();
  await ask(socket, `<iq type='get' id='x' to='localhost'><query xmlns='urn:x'/></iq>`, "id='x'");
  expect(await said.has('rejected')).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {2}rejected {2}juliet@localhost\/\S+: service-unavailable$/,
  );
});

test('when the program that asked goes away, nobody looks on any more', async () => {
  const { child } = await trace('--for', '60m');
  child.kill('SIGKILL');
  await log.has('the trace of an account has ended');
});

test('without the server, or such an account, there is nothing to look at', async () => {
  expect(await epode.run(['trace', 'romeo@localhost'])).toMatchObject({
    code: 1,
    err: 'There is no account romeo@localhost.\n',
  });
  expect((await epode.run(['trace', 'juliet@localhost', '--for', '2d'])).code).toBe(2);
  await epode.run(['stop']);
  expect(await epode.run(['trace', 'juliet@localhost'])).toMatchObject({
    code: 1,
    err: 'The server is not running.\nStart it: epode start\n',
  });
});
