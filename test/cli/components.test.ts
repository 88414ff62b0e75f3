import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

let epode: Installation;
const sockets: Socket[] = [];
beforeEach(() => {
  epode = new Installation();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await killServers();
  epode.remove();
});

/** Connects as a component, over a real socket. */
async function connectComponent(port: number, domain: string, secret: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    heard += chunk;
  });
  const hears = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(heard);
      if (found) return found;
      await once(socket, 'data');
    }
  };
  const streams = "xmlns:stream='http://etherx.jabber.org/streams'";
  socket.write(`<stream:stream xmlns='jabber:component:accept' ${streams} to='${domain}'>`);
  const [, id] = await hears(/ id='([^']+)'/);
  const hash = createHash('sha1').update(`${id}${secret}`).digest('hex');
  socket.write(`<handshake>${hash}</handshake>`);
  await hears(/<handshake\/>/);
}

test('commands and numbers tell which components are connected', async () => {
  const [port, clients, metrics] = [await freePort(), await freePort(), await freePort()];
  epode.configure(`
hosts: { localhost: }
listeners:
  - { type: c2s, address: 127.0.0.1, port: ${clients} }
  - { type: component, address: 127.0.0.1, port: ${port} }
components:
  echo.localhost: { secret: wherefore }
  push.localhost: { secret: therefore }
metrics: { port: ${metrics} }
`);
  const { said } = await startServer(epode);
  expect(said).toContain(`  127.0.0.1:${port}  components\n`);
  await connectComponent(port, 'echo.localhost', 'wherefore');

  const { out } = await epode.run(['status']);
  expect(out).toContain('component  echo.localhost (connected from 127.0.0.1)');
  expect(out).toContain('component  push.localhost (not connected)');
  const { findings } = JSON.parse((await epode.run(['doctor', '--json'])).out) as {
    findings: { topic: string; level: string; message: string }[];
  };
  expect(findings.filter(({ topic }) => topic === 'components')).toMatchObject([
    { level: 'ok', message: 'echo.localhost is connected from 127.0.0.1.' },
    { level: 'warning', message: 'The component push.localhost is not connected.' },
  ]);
  expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
  const numbers = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
  expect(numbers).toContain('epode_connected_components{component="echo.localhost"} 1');
  expect(numbers).toContain('epode_connected_components{component="push.localhost"} 0');
  expect((await epode.run(['config', 'show'])).out).not.toMatch(/wherefore|therefore/);
});
