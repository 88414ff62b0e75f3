import { describe, expect } from '@jest/globals';
import { conversationInside } from '../support/conversation.ts';
import { askForSlot, get, goesBy, idOf, isRemoved, put, until, upload } from '../support/upload.ts';

const http = { http: true, quiet: true } as const;
const ROSE = 'What’s in a name? That which we call a rose.';

/** What of an answer tells which part of the file it is. */
async function partOf(response: Response) {
  const range = response.headers.get('content-range');
  return { status: response.status, range, body: await response.text() };
}

describe('uploading a file', () => {
  conversationInside(
    'it can be had as soon as it is there [XEP-0363 7]',
    http,
    async ({ juliet }) => {
      const slot = await askForSlot(juliet, { size: 5 });
      expect((await get(slot.get)).status).toBe(404);
      const response = await put(slot.put, 'Soft!');
      expect(response.status).toBe(201);
      const file = await get(slot.get);
      expect(await file.text()).toBe('Soft!');
      expect(file.headers.get('content-type')).toBe('image/png');
      expect(file.headers.get('content-length')).toBe('5');
    },
  );

  conversationInside(
    'large files come and go byte for byte [XEP-0363 7]',
    http,
    async ({ juliet }) => {
      const bytes = new Uint8Array(3_000_001).map((_, at) => (at * 31) % 251);
      const slot = await askForSlot(juliet, { size: bytes.length });
      expect((await put(slot.put, bytes)).status).toBe(201);
      const file = Buffer.from(await (await get(slot.get)).arrayBuffer());
      expect(file.equals(Buffer.from(bytes))).toBe(true);
    },
  );

  conversationInside('a slot is for one file [XEP-0363 4]', http, async ({ juliet }) => {
    const slot = await askForSlot(juliet, { size: 5 });
    expect((await put(slot.put, 'Soft!')).status).toBe(201);
    expect((await put(slot.put, 'Loud!')).status).toBe(409);
    expect(await (await get(slot.get)).text()).toBe('Soft!');
  });

  conversationInside('of the size that it was given for [XEP-0363 7]', http, async ({ juliet }) => {
    const slot = await askForSlot(juliet, { size: 5 });
    expect((await put(slot.put, 'Soft')).status).toBe(400);
    expect((await put(slot.put, 'Softly!')).status).toBe(413);
    expect((await put(slot.put, 'Soft!')).status).toBe(201);
  });

  conversationInside(
    'and of its type, whatever the parameters [XEP-0363 7]',
    http,
    async ({ juliet }) => {
      const slot = await askForSlot(juliet, { size: 5, type: 'text/plain' });
      const as = (type: string) => put(slot.put, 'Soft!', { 'Content-Type': type });
      expect((await as('text/html')).status).toBe(415);
      expect((await as('')).status).toBe(415);
      expect((await as('Text/Plain; charset=utf-8')).status).toBe(201);
      const file = await get(slot.get);
      expect(file.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    },
  );

  conversationInside(
    'where a slot has no type, the file may say it [XEP-0363 7]',
    http,
    async ({ juliet }) => {
      const [one, two] = [
        await askForSlot(juliet, { size: 5, type: '' }),
        await askForSlot(juliet, { size: 5, type: '' }),
      ];
      expect((await put(one.put, 'Soft!')).status).toBe(201);
      expect((await put(two.put, 'Soft!', { 'Content-Type': '' })).status).toBe(201);
      expect((await get(one.get)).headers.get('content-type')).toBe('image/png');
      expect((await get(two.get)).headers.get('content-type')).toBe('application/octet-stream');
    },
  );

  conversationInside(
    'a slot is good for 300 seconds [XEP-0363 8]',
    http,
    async ({ juliet }, server) => {
      const slot = await askForSlot(juliet, { size: 5 });
      const late = await askForSlot(juliet, { size: 5 });
      server.clock.advance(299_999);
      expect((await put(slot.put, 'Soft!')).status).toBe(201);
      await juliet.forgets();
      server.clock.advance(1);
      expect([404, 410]).toContain((await put(late.put, 'Soft!')).status);
    },
  );

  conversationInside('pages from elsewhere may do so [XEP-0363 8]', http, async ({ juliet }) => {
    const slot = await askForSlot(juliet, { size: 5 });
    const answer = await fetch(slot.put, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://elsewhere.example',
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'content-type',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(answer.headers.get('access-control-allow-headers')).toBe('content-type');
    const uploaded = await put(slot.put, 'Soft!', { Origin: 'https://elsewhere.example' });
    expect(uploaded.headers.get('access-control-allow-origin')).toBe('*');
    const file = await get(slot.get, { Origin: 'https://elsewhere.example' });
    expect(file.headers.get('access-control-allow-origin')).toBe('*');
    expect(file.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  conversationInside(
    'files expire, and go from the store then [XEP-0363 5]',
    { ...http, config: { modules: { upload: { expireAfter: '1h' } } } },
    async ({ juliet }, server) => {
      const url = await upload(juliet, 'Soft!');
      await goesBy(server, 3_599_999, juliet);
      expect((await get(url)).status).toBe(200);
      await goesBy(server, 1, juliet);
      expect((await get(url)).status).toBe(404);
      await goesBy(server, 60_000, juliet);
      await isRemoved(server, url);
    },
  );

  conversationInside(
    'files go with their account [XEP-0363 5]',
    http,
    async ({ juliet, romeo }, server) => {
      const hers = await upload(juliet, 'Soft!');
      const his = await upload(romeo, 'Hark!');
      await juliet.leaves();
      await server.server.find('localhost')!.keeper.remove('juliet');
      expect((await get(hers)).status).toBe(404);
      expect((await get(his)).status).toBe(200);
      await goesBy(server, 60_000, romeo);
      await until(async () => (await server.storage.blobs.read(idOf(hers))) === null);
    },
  );

  conversationInside(
    'slots and files outlive the server [XEP-0363 4]',
    http,
    async ({ juliet }, server) => {
      const url = await upload(juliet, 'Soft!');
      const slot = await askForSlot(juliet, { size: 5 });
      await juliet.leaves();
      await server.restarts(1_000);
      expect((await put(slot.put, 'Hark!')).status).toBe(201);
      expect(await (await get(slot.get)).text()).toBe('Hark!');
      expect(await (await get(url)).text()).toBe('Soft!');
    },
  );
});

describe('getting a file', () => {
  conversationInside('HEAD tells about it [RFC9110 9.3.2]', http, async ({ juliet }) => {
    const url = await upload(juliet, ROSE);
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(ROSE)));
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(await response.text()).toBe('');
  });

  conversationInside(
    'browsers keep it, but nobody else [RFC9111 5.2.2]',
    http,
    async ({ juliet }, server) => {
      const url = await upload(juliet, ROSE);
      const { headers } = await get(url);
      expect(headers.get('cache-control')).toBe('private, max-age=86400, immutable');
      expect(headers.get('etag')).toMatch(/^"[\da-f]{32}"$/);
      expect(Date.parse(headers.get('last-modified')!)).toBe(
        Math.floor(server.clock.now() / 1_000) * 1_000,
      );
      expect((await get(`${url}x`)).headers.get('cache-control')).toBe('no-store');
    },
  );

  conversationInside('who has it is told so [RFC9110 13.1.2]', http, async ({ juliet }) => {
    const url = await upload(juliet, ROSE);
    const { headers } = await get(url);
    const etag = headers.get('etag')!;
    const time = headers.get('last-modified')!;
    const status = async (header: string, value: string) =>
      (await get(url, { [header]: value })).status;
    expect(await status('If-None-Match', `"other", W/${etag}`)).toBe(304);
    expect(await status('If-None-Match', '*')).toBe(304);
    expect(await status('If-None-Match', '"other"')).toBe(200);
    expect(await status('If-Modified-Since', time)).toBe(304);
    expect(await status('If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT')).toBe(200);
    expect(await status('If-Match', etag)).toBe(200);
    expect(await status('If-Match', '"other"')).toBe(412);
    expect(await status('If-Unmodified-Since', time)).toBe(200);
    expect(await status('If-Unmodified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT')).toBe(412);
    const both = await get(url, { 'If-None-Match': '"other"', 'If-Modified-Since': time });
    expect(both.status).toBe(200);
  });

  conversationInside('a part of it may be had [RFC9110 14.2]', http, async ({ juliet }) => {
    const url = await upload(juliet, '0123456789');
    const part = async (range: string, more = {}) =>
      partOf(await get(url, { Range: range, ...more }));
    const is = (body: string, range: string) => ({ status: 206, body, range: `bytes ${range}/10` });
    expect(await part('bytes=0-3')).toEqual(is('0123', '0-3'));
    expect(await part('bytes=9-9')).toEqual(is('9', '9-9'));
    expect(await part('bytes=7-')).toEqual(is('789', '7-9'));
    expect(await part('bytes=7-99999999999999999999')).toEqual(is('789', '7-9'));
    expect(await part('bytes=-3')).toEqual(is('789', '7-9'));
    expect(await part('bytes=-99')).toEqual(is('0123456789', '0-9'));
    const { headers } = await get(url);
    for (const validator of [headers.get('etag')!, headers.get('last-modified')!]) {
      expect(await part('bytes=0-3', { 'If-Range': validator })).toEqual(is('0123', '0-3'));
    }
  });

  conversationInside(
    'what is no one part of it gives all, or nothing [RFC9110 14.2]',
    http,
    async ({ juliet }) => {
      const url = await upload(juliet, '0123456789');
      const part = async (range: string, more = {}) =>
        partOf(await get(url, { Range: range, ...more }));
      const whole = { status: 200, range: null, body: '0123456789' };
      for (const range of [
        'bytes=0-1,3-4',
        'bytes=3-1',
        'bytes=-',
        'bytes=a-b',
        'lines=0-3',
        'bytes 0-3',
        '',
      ]) {
        expect(await part(range)).toEqual(whole);
      }
      expect(await part('bytes=0-3', { 'If-Range': '"other"' })).toEqual(whole);
      for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=-0', `bytes=${'9'.repeat(400)}-`]) {
        expect(await part(range)).toMatchObject({ status: 416, range: 'bytes */10' });
      }
      const head = await fetch(url, { method: 'HEAD', headers: { Range: 'bytes=0-3' } });
      expect(head.status).toBe(200);
    },
  );

  conversationInside(
    'only under its name, and nothing else is there [XEP-0363 4]',
    http,
    async ({ juliet }, server) => {
      const url = await upload(juliet, ROSE);
      const [, id] = /upload\/(\w+)/.exec(url)!;
      for (const path of [
        `${id}/`,
        `${id}/another`,
        `${id}`,
        `${id!.toUpperCase()}/a%20rose.png`,
        '',
        `${'0'.repeat(32)}/a%20rose.png`,
      ]) {
        expect((await get(`${server.webUrl}/upload/${path}`)).status).toBe(404);
      }
      expect((await get(`${server.webUrl}/upload/${id}/%61%20rose.png`)).status).toBe(200);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
      expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
    },
  );
});
