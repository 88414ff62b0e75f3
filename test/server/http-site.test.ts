import { afterEach, expect, test } from '@jest/globals';
import { LocalDirectory } from '../../src/cluster/local-directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { parseConfig } from '../../src/server/config/load.ts';
import { ServedSite } from '../../src/server/http-site.ts';
import { defineModule, type ModuleDefinition } from '../../src/server/module.ts';
import { Server } from '../../src/server/server.ts';
import { openSource } from '../../src/sources/open.ts';
import { openStorage } from '../../src/storage/sqlite/open.ts';
import type { HttpExchange, HttpRoute } from '../../src/transports/http-route.ts';

const TEXT = `
hosts:
  example.org:
  büro.example: { publicUrl: "https://chat.office.example:8443" }
  quiet.example: { modules: { pages: false } }
`;

/** Answers with what the host is called, and where browsers reach it. */
const pages = defineModule({
  name: 'pages',
  summary: 'Has a page.',
  setup: ({ host, webUrl }) => ({
    httpRoutes: [route('/page', `${host.domain} at ${webUrl}`)],
  }),
}) as ModuleDefinition;

function route(path: string, text: string): HttpRoute {
  const handle = ({ response }: HttpExchange) => void response.end(text);
  return { path, methods: ['GET'], origins: 'own', handle };
}

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function openSite(modules: readonly ModuleDefinition[] = [pages]): Promise<ServedSite> {
  const { hosts } = parseConfig('/etc/epode.yaml', TEXT, modules);
  const storage = await openStorage({ memory: true, log: silentLog });
  const directory = new LocalDirectory();
  const deps = { storage, directory, clock: systemClock, log: silentLog, openSource };
  stops.push(() => storage.close());
  const server = new Server(hosts, { ...deps, modules });
  stops.unshift(async () => server.stop());
  return new ServedSite(server, [route('/common', 'common')]);
}

async function answerOf(site: ServedSite, name: string, path = '/page'): Promise<string | null> {
  const answers: string[] = [];
  const response = { end: (text: string) => void answers.push(text) };
  await site
    .hostFor(name)
    .findRoute(path)
    ?.handle({ response } as unknown as HttpExchange);
  return answers[0] ?? null;
}

test.each([
  ['example.org', 'example.org at https://example.org:5281'],
  ['EXAMPLE.org', 'example.org at https://example.org:5281'],
  ['xn--bro-hoa.example', 'büro.example at https://chat.office.example:8443'],
  ['chat.office.example', 'büro.example at https://chat.office.example:8443'],
  ['unknown.example', 'example.org at https://example.org:5281'],
  ['192.0.2.1', 'example.org at https://example.org:5281'],
  ['[::1]', 'example.org at https://example.org:5281'],
  ['_', 'example.org at https://example.org:5281'],
  ['', 'example.org at https://example.org:5281'],
  ['quiet.example', null],
])('by the name %j it is %s', async (name, expected) => {
  expect(await answerOf(await openSite(), name)).toBe(expected);
});

test('what transports answer, all hosts do', async () => {
  expect(await answerOf(await openSite(), 'quiet.example', '/common')).toBe('common');
});

test('two modules cannot answer one path', async () => {
  const other = defineModule({ ...pages, name: 'other' });
  await expect(openSite([pages, other])).rejects.toThrow(
    /^modules \w+ and \w+ both answer \/page$/,
  );
});
