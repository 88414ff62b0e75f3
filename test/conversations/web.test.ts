import { describe, expect } from '@jest/globals';
import { conversationInside } from '../support/conversation.ts';

const WEB = { http: true } as const;

/** The page's own files, as its markup names them. */
function namesIn(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name!);
}

describe('the web client', () => {
  conversationInside('is what a browser finds at the server', WEB, async (_, server) => {
    const page = await fetch(`${server.webUrl}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const names = namesIn(await page.text());
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names) {
      const file = await fetch(`${server.webUrl}/${name}`);
      expect([name, file.status]).toEqual([name, 200]);
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
      await file.arrayBuffer();
    }
  });

  conversationInside('may do nothing but what it needs', WEB, async (_, server) => {
    const { headers } = await fetch(`${server.webUrl}/`);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).not.toMatch(/unsafe|\*|data:/);
    expect(policy).toContain(`connect-src 'self' ${server.webUrl} ws${server.webUrl!.slice(4)};`);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBe(null);
  });

  conversationInside('is kept by browsers, but for the page itself', WEB, async (_, server) => {
    const page = await fetch(`${server.webUrl}/`);
    const script = namesIn(await page.text()).find((name) => name.endsWith('.js'))!;
    const { headers } = await fetch(`${server.webUrl}/${script}`);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const known = { 'if-none-match': page.headers.get('etag')! };
    const again = await fetch(`${server.webUrl}/`, { headers: known });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  conversationInside('comes packed to those who can unpack it', WEB, async (_, server) => {
    const as = async (coding: string) => {
      const headers = { 'accept-encoding': coding };
      const answer = await fetch(`${server.webUrl}/`, { headers });
      return [answer.headers.get('content-encoding'), await answer.text()];
    };
    const [coding, text] = await as('br, gzip');
    expect(coding).toBe('gzip');
    expect(await as('gzip;q=0, identity')).toEqual([null, text]);
    expect(await as('identity')).toEqual([null, text]);
  });

  conversationInside('tells whose accounts it is for', WEB, async (_, server) => {
    const told = await fetch(`${server.webUrl}/web.json`);
    expect(told.headers.get('content-type')).toBe('application/json');
    expect(await told.json()).toEqual({ domain: 'localhost' });
  });

  conversationInside('has nothing else', WEB, async (_, server) => {
    const names = ['index', 'assets/', 'assets', 'favicon.ico', '%2e%2e/package.json', 'a/b.js'];
    for (const name of names) {
      const answer = await fetch(`${server.webUrl}/${name}`);
      expect([name, answer.status]).toEqual([name, 404]);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      await answer.text();
    }
    const post = await fetch(`${server.webUrl}/`, { method: 'POST', body: 'x' });
    expect(post.status).toBe(405);
  });

  conversationInside(
    'is not there where it is turned off',
    { ...WEB, config: { modules: { web: false } } },
    async (_, server) => {
      expect((await fetch(`${server.webUrl}/`)).status).toBe(404);
      expect((await fetch(`${server.webUrl}/web.json`)).status).toBe(404);
    },
  );
});
