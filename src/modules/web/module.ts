import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { defineModule } from '../../server/module.ts';
import { refuse } from '../../transports/http-answer.ts';
import type { HttpExchange, HttpRoute } from '../../transports/http-route.ts';
import { type PageFile, PageFiles } from './page-files.ts';
import { contentPolicy, PERMISSIONS } from './page-policy.ts';

/** `npm run build` puts it there, beside what the server itself becomes. */
const files = new PageFiles(join(import.meta.dirname, '..', '..', '..', 'dist', 'web'));

const FOR_EVER = 'public, max-age=31536000, immutable';

/** The web client, for whoever opens the server in a browser. */
export default defineModule({
  name: 'web',
  hosts: ['accounts'],
  summary: 'Shows a web client to whoever opens the server in a browser.',
  setup({ host, webUrl, log }) {
    const policy = contentPolicy(webUrl);

    const handle = async ({ request, response, path }: HttpExchange): Promise<void> => {
      const file = await find(path.slice(1) || 'index.html');
      if (!file) {
        refuse(response, 404);
        return;
      }
      describe(response, file, policy);
      answer(request.headers, response, file);
    };

    const find = async (name: string): Promise<PageFile | null> => {
      try {
        return await files.find(name);
      } catch (error) {
        log.error({ err: error }, 'the web client is not there: npm run build makes it');
        return null;
      }
    };

    /** Which accounts the page is for, since its address may be another than theirs. */
    const tell = ({ response }: HttpExchange): void => {
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Cache-Control', 'no-cache');
      response.end(JSON.stringify({ domain: host.domain }));
    };

    const route = { methods: ['GET'], origins: 'own' } as const;
    const httpRoutes: readonly HttpRoute[] = [
      { ...route, path: '/', handle },
      { ...route, path: '/web.json', handle: tell },
    ];
    return { httpRoutes };
  },
});

function describe(response: ServerResponse, file: PageFile, policy: string): void {
  const { type, tag, isForever, packed } = file;
  response.setHeader('Content-Type', type);
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', isForever ? FOR_EVER : 'no-cache');
  if (packed) response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('Permissions-Policy', PERMISSIONS);
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}

function answer(
  headers: HttpExchange['request']['headers'],
  response: ServerResponse,
  { bytes, packed, tag }: PageFile,
): void {
  if (headers['if-none-match']?.includes(tag)) {
    response.writeHead(304).end();
    return;
  }
  const takesPacked = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(
    headers['accept-encoding'] ?? '',
  );
  const content = packed && takesPacked ? packed : bytes;
  if (content === packed) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', content.length);
  response.end(content);
}
