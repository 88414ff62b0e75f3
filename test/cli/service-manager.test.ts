import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Installation } from './installation.ts';
import { freePort, killServers, startServer } from './serving.ts';

let epode: Installation;
beforeEach(async () => {
  epode = new Installation();
  const port = await freePort();
  epode.configure(`
hosts: { localhost: }
listeners: [{ type: c2s, address: 127.0.0.1, port: ${port} }]
`);
});
afterEach(async () => {
  await killServers();
  epode.remove();
});

/** systemd's own program, as far as it is of interest here: who calls it, with what. */
function installNotify(): NodeJS.ProcessEnv {
  const bin = join(epode.directory, 'bin');
  mkdirSync(bin);
  const program = join(bin, 'systemd-notify');
  const script = `#!/bin/sh\nfor each; do printf '%s|' "$each"; done >> '${told()}'\necho >> '${told()}'\n`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  writeFileSync(told(), '');
  return { PATH: `${bin}:${process.env.PATH}`, NOTIFY_SOCKET: '/run/systemd/notify' };
}

function told(): string {
  return join(epode.directory, 'told');
}

/** Messages so far, one a line, once one of them begins like that. */
async function hears(start: string): Promise<string[]> {
  for (;;) {
    const lines = readFileSync(told(), 'utf8').split('\n').slice(0, -1);
    if (lines.some((line) => line.startsWith(start))) return lines;
    await new Promise(setImmediate);
  }
}

test('systemd hears when the server is ready, reloads and stops', async () => {
  const { child, ended } = await startServer(epode, { surroundings: installNotify() });
  expect(await hears('READY=1')).toEqual(['READY=1|STATUS=0 sessions, 0 connections|']);
  expect(await epode.run(['reload'])).toMatchObject({ code: 0 });
  child.kill('SIGTERM');
  const [, reloading, ready] = await hears('STOPPING=1');
  expect(reloading).toMatch(/^RELOADING=1\|MONOTONIC_USEC=\d+\|$/);
  expect(Number(/\d{2,}/.exec(reloading!)?.[0]) / 1e6).toBeLessThanOrEqual(
    Number(process.hrtime.bigint()) / 1e9,
  );
  expect(ready).toBe('READY=1|STATUS=0 sessions, 0 connections|');
  expect(await ended).toBe(0);
});

test('a reload that fails is over as well', async () => {
  const { child, log } = await startServer(epode, { surroundings: installNotify() });
  epode.configure('hosts: { localhost: }\nlog: { level: loud }\n');
  child.kill('SIGHUP');
  await log.has('reload failed');
  epode.configure('hosts: { localhost: }\n');
  await epode.run(['stop']);
  const lines = (await hears('STOPPING=1')).map((line) => line.split('=')[0]);
  expect(lines).toEqual(['READY', 'RELOADING', 'READY', 'STOPPING']);
});

test('the watchdog hears again and again that the server lives', async () => {
  await startServer(epode, { surroundings: { ...installNotify(), WATCHDOG_USEC: '20000' } });
  let heard: string[] = [];
  while (heard.length < 4) heard = await hears('WATCHDOG=1');
  expect(heard[0]).toMatch(/^READY=1/);
  expect(heard[2]).toBe('WATCHDOG=1|STATUS=0 sessions, 0 connections|');
});

test('a server that nobody manages tells nobody, and one whose systemd is gone serves', async () => {
  const { NOTIFY_SOCKET: _, ...surroundings } = installNotify();
  const first = await startServer(epode, {
    surroundings: { ...surroundings, WATCHDOG_USEC: '20000' },
  });
  expect(await epode.run(['stop'])).toMatchObject({ code: 0 });
  expect(await first.ended).toBe(0);
  expect(readFileSync(told(), 'utf8')).toBe('');
  writeFileSync(join(epode.directory, 'bin', 'systemd-notify'), '#!/bin/sh\nexit 1\n');
  await startServer(epode, {
    surroundings: { ...surroundings, NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '20000' },
  });
  expect(await epode.run(['status'])).toMatchObject({ code: 0 });
});
