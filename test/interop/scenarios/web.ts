import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { type Library, slixmpp, stanzaJs, stropheJs, xmppJs } from '../support/libraries.ts';
import { LibraryUser } from '../support/library-user.ts';
import { freshAccount, type Target } from '../support/target.ts';
import { type StartProxy, startCaddy, startNginx } from '../support/web-proxy.ts';
import type { Scenario, Stage } from './scenario.ts';

const LIBRARIES = [xmppJs, stanzaJs, stropheJs];
const PROXIES: readonly (readonly [string, StartProxy])[] = [
  ['nginx', startNginx],
  ['Caddy', startCaddy],
];

/** The libraries of the web over WebSocket, with others on TCP, and by proxies. */
export const webScenario: Scenario = {
  name: 'web',
  async play(stage) {
    const { target } = stage;
    const port = target.web?.https;
    // Other servers have theirs elsewhere.
    if (port === undefined) return;
    const on = slixmppOf(target);
    for (const library of LIBRARIES) {
      await stage.check(library.name, 'chats over WebSocket with slixmpp on TCP', async () => {
        await chat(await comes(library, target, port), await on());
      });
    }
    for (const library of [xmppJs, stanzaJs]) {
      await stage.check(library.name, 'goes on after a cut, and gets what it has missed', () =>
        isCut(library, target, port),
      );
    }
    for (const [name, startProxy] of PROXIES) await playBehind(stage, name, startProxy);
  },
};

function slixmppOf(target: Target) {
  return async () => LibraryUser.signIn(slixmpp, target, await freshAccount(target, 'tcp'));
}

async function comes(
  library: Library,
  target: Target,
  port: number,
  comesBack = false,
): Promise<LibraryUser> {
  const service = `wss://${target.domain}:${port}/xmpp-websocket`;
  const account = await freshAccount(target, 'web');
  return LibraryUser.signIn(library, target, account, { service, comesBack });
}

async function chat(web: LibraryUser, tcp: LibraryUser): Promise<void> {
  await web.settle();
  await tcp.settle();
  await web.say(tcp.address, 'Wherefore art thou? <&> \u{1F339}');
  await tcp.hears(web.address, 'Wherefore art thou? <&> \u{1F339}');
  await tcp.say(web.address, 'Here.');
  await web.hears(tcp.address, 'Here.');
  await web.quit();
  await tcp.quit();
}

async function isCut(library: Library, target: Target, port: number): Promise<void> {
  const web = await comes(library, target, port, true);
  const tcp = await slixmppOf(target)();
  await web.settle();
  await web.cut();
  await tcp.say(web.address, 'meanwhile');
  await web.resumes();
  await web.hears(tcp.address, 'meanwhile');
  await web.quit();
  await tcp.quit();
}

/** A server of its own, which trusts the proxy. */
async function playBehind(stage: Stage, name: string, startProxy: StartProxy): Promise<void> {
  const settings = { http: { trustedProxies: ['127.0.0.1', '::1'] } };
  const target = await stage.target.startAnother!(await folder(stage, `epode-${name}`), settings);
  const { port } = await startProxy(
    await folder(stage, name),
    target.web!.http,
    target.certificates,
  );
  await stage.check(name, 'passes WebSocket on', async () => {
    await chat(await comes(xmppJs, target, port), await slixmppOf(target)());
  });
  await stage.check(name, 'passes BOSH on, and what comes in while a request is held', async () => {
    const service = `https://${target.domain}:${port}/http-bind`;
    const account = await freshAccount(target, 'web');
    const web = await LibraryUser.signIn(stropheJs, target, account, { service });
    await chat(web, await slixmppOf(target)());
  });
  await stage.check(name, 'passes other requests on', async () => {
    const jrd = await read(target, port, '/.well-known/host-meta.json');
    assert.match(jrd, /urn:xmpp:alt-connections:websocket/);
  });
  await target.stop();
}

function read({ certificates, domain }: Target, port: number, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const ca = readFileSync(certificates.authority);
  const request = get({ host: domain, port, path, ca, timeout: 5_000 }, async (response) => {
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    resolve(text);
  });
  request.on('error', reject);
  return promise;
}

async function folder(stage: Stage, name: string): Promise<string> {
  const path = join(stage.folder, name);
  await mkdir(path);
  return path;
}
