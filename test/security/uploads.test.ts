import { describe, expect, test } from '@jest/globals';
import { parse as parseDisposition } from 'content-disposition';
import fc from 'fast-check';
import { readFileName } from '../../src/modules/upload/file-name.ts';
import { headersOf } from '../../src/modules/upload/presentation.ts';
import { slot as uploadOf } from '../contracts/uploads.ts';
import { conversationInside } from '../support/conversation.ts';
import { RawHttp } from '../support/raw-http.ts';
import type { TestServer } from '../support/server.ts';
import {
  askForSlot,
  get,
  goesBy,
  idOf,
  put,
  slotRequest,
  until,
  upload,
} from '../support/upload.ts';

const http = { http: true, quiet: true } as const;

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function trafficOf(server: TestServer) {
  return server.server.find('localhost')!.host.traffic.uploads;
}

const HEAD = ['Content-Type: image/png'];

describe('[XEP-0363 9.1] slots cannot be forged', () => {
  conversationInside(
    'nor used for other names, nor without their signature',
    http,
    async ({ juliet }) => {
      const [one, two] = [
        await askForSlot(juliet),
        await askForSlot(juliet, { name: 'other.png' }),
      ];
      const [signature, other] = [one, two].map(
        (each) => new URL(each.put).searchParams.get('slot')!,
      );
      const forged = [
        one.get,
        `${one.get}?slot=`,
        `${one.get}?slot=${other}`,
        `${one.get}?slot=${signature!.slice(0, -1)}`,
        `${one.get}?slot=${signature}A`,
        `${one.get}?slot=${signature!.toLowerCase()}`,
        `${one.get}?SLOT=${signature}`,
      ];
      for (const url of forged) expect((await put(url, 'Soft!')).status).toBe(403);
      const named = one.put.replace('a%20rose.png', 'other.png');
      expect((await put(named, 'Soft!')).status).toBe(404);
      const moved = one.put.replace(idOf(one.put), idOf(two.put));
      expect((await put(moved, 'Soft!')).status).toBe(404);
      expect((await put(one.put, 'Soft!')).status).toBe(201);
    },
  );

  conversationInside(
    'nor replayed, nor used when they have ended',
    http,
    async ({ juliet }, server) => {
      const [slot, late] = [await askForSlot(juliet), await askForSlot(juliet)];
      expect((await put(slot.put, 'Soft!')).status).toBe(201);
      expect((await put(slot.put, 'Soft!')).status).toBe(409);
      await juliet.leaves();
      server.clock.advance(300_000);
      expect([404, 410]).toContain((await put(late.put, 'Soft!')).status);
      expect((await get(late.get)).status).toBe(404);
    },
  );

  conversationInside('nor made for other places', http, async ({ juliet }, server) => {
    const { put: url } = await askForSlot(juliet);
    const [path, query] = pathOf(url).split('?');
    const name = path!.slice(path!.lastIndexOf('/'));
    for (const target of [
      `/upload/../upload/${idOf(url)}${name}`,
      `/upload/%2e%2e/epode.sqlite`,
      `/upload/..%2f..%2fepode.sqlite`,
      `/upload/${idOf(url)}/..%2f..%2fepode.sqlite`,
      `/upload/${idOf(url)}/%00`,
      `/upload/${idOf(url)}%2f..%2f${idOf(url)}${name}`,
      `//upload/${idOf(url)}${name}`,
    ]) {
      for (const method of ['GET', 'PUT']) {
        const client = await RawHttp.connect(server.webUrl!);
        client.begins(`${method} ${target}?${query} HTTP/1.1`, ...HEAD, 'Content-Length: 0');
        // Elsewhere the web client answers, which takes no files.
        expect([400, 404, 405]).toContain(await client.hears());
        client.leaves();
      }
    }
  });
});

describe('[XEP-0363 7] what is sent is what was announced', () => {
  conversationInside('a length has to be said', http, async ({ juliet }, server) => {
    const slot = await askForSlot(juliet);
    const status = async (...lines: string[]) => {
      const client = await RawHttp.connect(server.webUrl!);
      client.begins(`PUT ${pathOf(slot.put)} HTTP/1.1`, ...HEAD, ...lines);
      const heard = await client.hears();
      client.leaves();
      return heard;
    };
    expect(await status()).toBe(411);
    expect(await status('Transfer-Encoding: chunked')).toBe(411);
    expect(await status('Transfer-Encoding: chunked', 'Content-Length: 5')).toBe(400);
    expect(await status('Content-Length: 5', 'Content-Length: 6')).toBe(400);
    expect(await status('Content-Length: -5')).toBe(400);
    expect(await status('Content-Length: 0x5')).toBe(400);
    expect(await status('Content-Length: 0')).toBe(400);
    expect(await status(`Content-Length: ${'9'.repeat(30)}`)).toBe(400);
    expect(await status('Content-Length: 4294967301')).toBe(413);
    expect(await status('Content-Length: 5', 'Content-Encoding: gzip')).toBe(415);
    expect(await status('Content-Length: 5', 'Content-Range: bytes 0-4/10')).toBe(400);
    expect((await put(slot.put, 'Soft!')).status).toBe(201);
  });

  conversationInside(
    'what breaks off is not kept, and may come again',
    http,
    async ({ juliet }, server) => {
      const slot = await askForSlot(juliet, { size: 200_000 });
      const client = await RawHttp.connect(server.webUrl!);
      client.begins(`PUT ${pathOf(slot.put)} HTTP/1.1`, ...HEAD, 'Content-Length: 200000');
      client.says('x'.repeat(100_000));
      client.leaves();
      await until(() => trafficOf(server).failed === 1);
      expect((await get(slot.get)).status).toBe(404);
      expect(await server.storage.blobs.read(idOf(slot.get))).toBeNull();
      expect((await put(slot.put, 'y'.repeat(200_000))).status).toBe(201);
      expect(await (await get(slot.get)).text()).toBe('y'.repeat(200_000));
    },
  );

  conversationInside(
    'what is too much is another request, and none',
    http,
    async ({ juliet }, server) => {
      const slot = await askForSlot(juliet);
      const client = await RawHttp.connect(server.webUrl!);
      client.begins(`PUT ${pathOf(slot.put)} HTTP/1.1`, ...HEAD, 'Content-Length: 5');
      client.says('Soft! But what light');
      expect([201, 400]).toContain(await client.hears());
      await client.isLeft();
      expect(['Soft!', 'Not Found\n']).toContain(await (await get(slot.get)).text());
    },
  );

  conversationInside('one comes at a time', http, async ({ juliet }, server) => {
    const slot = await askForSlot(juliet);
    const client = await RawHttp.connect(server.webUrl!);
    client.begins(
      `PUT ${pathOf(slot.put)} HTTP/1.1`,
      ...HEAD,
      'Content-Length: 5',
      'Expect: 100-continue',
    );
    expect(await client.hears()).toBe(100);
    expect((await put(slot.put, 'Hark!')).status).toBe(409);
    client.says('Soft!');
    expect(await client.hears()).toBe(201);
    expect(await (await get(slot.get)).text()).toBe('Soft!');
    client.leaves();
  });

  conversationInside(
    'who is refused need not send at all [RFC9110 10.1.1]',
    http,
    async ({ juliet }, server) => {
      const slot = await askForSlot(juliet);
      const client = await RawHttp.connect(server.webUrl!);
      client.begins(
        `PUT ${pathOf(slot.put)} HTTP/1.1`,
        ...HEAD,
        'Content-Length: 6',
        'Expect: 100-continue',
      );
      expect(await client.hears()).toBe(413);
      await client.isLeft();
    },
  );

  conversationInside('who is slow is turned away', http, async ({ juliet }, server) => {
    const slot = await askForSlot(juliet, { size: 200_000 });
    const client = await RawHttp.connect(server.webUrl!);
    client.begins(
      `PUT ${pathOf(slot.put)} HTTP/1.1`,
      ...HEAD,
      'Content-Length: 200000',
      'Expect: 100-continue',
    );
    expect(await client.hears()).toBe(100);
    client.says('x'.repeat(60_000));
    await goesBy(server, 60_000);
    expect(await client.hears()).toBe(408);
    await client.isLeft();
    await until(() => trafficOf(server).failed === 1);
    expect(await server.storage.blobs.read(idOf(slot.get))).toBeNull();
  });

  conversationInside('who is gone meanwhile leaves nothing', http, async ({ juliet }, server) => {
    const slot = await askForSlot(juliet);
    await juliet.leaves();
    const client = await RawHttp.connect(server.webUrl!);
    client.begins(
      `PUT ${pathOf(slot.put)} HTTP/1.1`,
      ...HEAD,
      'Content-Length: 5',
      'Expect: 100-continue',
    );
    expect(await client.hears()).toBe(100);
    await server.server.find('localhost')!.keeper.remove('juliet');
    client.says('Soft!');
    expect(await client.hears()).toBe(410);
    client.leaves();
    expect(await server.storage.blobs.read(idOf(slot.get))).toBeNull();
  });
});

describe('[XEP-0363 6] limits hold', () => {
  conversationInside(
    'for slots that are asked for at once',
    { ...http, config: { modules: { upload: { quota: 5_000 } } } },
    async ({ juliet: { laptop, phone } }) => {
      const request = (id: string) =>
        `<iq type='get' id='${id}' to='upload.localhost'>${slotRequest({ size: 1_000 })}</iq>`;
      const asking = Array.from({ length: 10 }, (_, at) => request(String(at))).join('');
      await laptop.sends`${asking}`;
      await phone.sends`${asking}`;
      const types: string[] = [];
      for (const device of [laptop, phone]) {
        for (let count = 0; count < 10; count++) {
          const iq = await device.getsEither`<iq type='result'/><iq type='error'/>`;
          types.push(iq.attrs.type);
        }
      }
      expect(types.filter((type) => type === 'result')).toHaveLength(5);
    },
  );

  conversationInside('for many ranges at once [RFC9110 14.2]', http, async ({ juliet }) => {
    const url = await upload(juliet, 'x'.repeat(1_000));
    const many = Array.from({ length: 1_000 }, (_, at) => `${at}-`).join(',');
    const response = await fetch(url, { headers: { Range: `bytes=${many}` } });
    expect(response.status).toBe(200);
    expect(await response.text()).toHaveLength(1_000);
  });

  conversationInside('for who leaves in the midst of a file', http, async ({ juliet }, server) => {
    const url = await upload(juliet, 'x'.repeat(5_000_000));
    const client = await RawHttp.connect(server.webUrl!);
    client.begins(`GET ${pathOf(url)} HTTP/1.1`);
    expect(await client.hears()).toBe(200);
    client.leaves();
    expect((await (await get(url)).text()).length).toBe(5_000_000);
  });
});

describe('[XEP-0363 9.1] nothing in a file runs in the name of the server', () => {
  const ACTIVE = [
    'text/html',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
    'application/xml',
    'text/javascript',
    'application/javascript',
    'text/css',
    'application/wasm',
    'application/x-shockwave-flash',
    'multipart/x-mixed-replace',
    'text/vnd.unknown',
    'x/y',
  ];
  const PAGE = '<script>alert(1)</script>';

  conversationInside('browsers save what they would run', http, async ({ juliet }) => {
    for (const type of ACTIVE) {
      const url = await upload(juliet, PAGE, { name: 'page.html', type });
      const { headers } = await get(url);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('content-disposition')).toMatch(/^attachment; filename="?page.html"?$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe(
        "sandbox; default-src 'none'; frame-ancestors 'none'",
      );
    }
  });

  conversationInside('and show pictures, sound, video and text alone', http, async ({ juliet }) => {
    for (const type of ['image/png', 'audio/ogg', 'video/mp4', 'text/plain']) {
      const { headers } = await get(await upload(juliet, PAGE, { type }));
      expect(headers.get('content-type')).toContain(type);
      expect(headers.get('content-disposition')).toMatch(/^inline; /);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain('sandbox');
    }
    const pdf = await get(await upload(juliet, PAGE, { type: 'application/pdf' }));
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.headers.get('content-disposition')).toMatch(/^attachment; /);
  });

  conversationInside('a name is a name, whatever is in it', http, async ({ juliet }) => {
    const name = 'a&quot;b; filename=evil.html&#13;&#10;Set-Cookie: x=y&#9;\u202egpj.exe ü';
    const url = await upload(juliet, 'Soft!', { name });
    const { headers } = await get(url);
    expect(headers.get('set-cookie')).toBeNull();
    const disposition = parseDisposition(headers.get('content-disposition')!);
    const kept = 'a"b; filename=evil.html__Set-Cookie: x=y__gpj.exe ü';
    expect(disposition).toMatchObject({ type: 'inline', parameters: { filename: kept } });
  });

  test('no header field of any file has what it must not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (written) => {
        let name: string;
        try {
          name = readFileName(written);
        } catch {
          return;
        }
        const headers = headersOf(uploadOf('a', { name, deadline: null }), 5);
        for (const value of Object.values(headers))
          expect(value).toMatch(/^[\x20-\x7e\xa0-\xff]*$/);
        const { parameters } = parseDisposition(headers['Content-Disposition']!);
        expect(parameters.filename).toBe(name);
      }),
    );
  });
});
