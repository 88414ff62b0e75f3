import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileOf, formatSize } from '../../web/src/chat/files.ts';
import { safeUrl, splitLinks } from '../../web/src/chat/links.ts';

const linksIn = (text: string) =>
  splitLinks(text).flatMap((piece) => (piece.kind === 'link' ? [piece.text] : []));

describe('addresses in a text', () => {
  test.each([
    ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
    ['(https://example.org/a_(b))', ['https://example.org/a_(b)']],
    ['“http://example.org”, and https://xn--bcher-kva.example!', null],
    ['https://example.org/1 https://example.org/2', null],
    ['HTTPS://EXAMPLE.ORG', ['HTTPS://EXAMPLE.ORG']],
    ['https://例え.jp/道', ['https://例え.jp/道']],
  ])('are found in %s', (text, expected) => {
    expect(linksIn(text)).toEqual(expected ?? text.match(/https?:[^\s”,!]+/g));
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'xhttps://example.org',
    'https://',
    'https://[',
    'https://bank.example@evil.example/',
    'www.example.org',
  ])('are none in %s', (text) => {
    expect(linksIn(text)).toEqual([]);
  });

  test('leave the text as it was, whatever it is', () => {
    const parts = fc.constantFrom(
      'https://',
      'a.example',
      ' ',
      ')',
      '(',
      '<b>',
      '"',
      '.',
      '@',
      '/',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string())), (written) => {
        const text = written.join('');
        const pieces = splitLinks(text);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        for (const piece of pieces) {
          if (piece.kind === 'link') expect(piece.url).toMatch(/^https?:\/\/[^/]/);
        }
      }),
    );
  });

  test('are safe only as addresses of the web', () => {
    expect(safeUrl('https://example.org')).toBe('https://example.org/');
    for (const bad of ['javascript:1', 'blob:https://example.org/1', 'ftp://example.org', '']) {
      expect(safeUrl(bad)).toBe(null);
    }
  });
});

describe('files', () => {
  const OWN = 'https://chat.example';

  test.each([
    ['https://chat.example/upload/1/cat.JPG', 'cat.JPG', 'image'],
    ['https://chat.example/upload/1/a%20song.opus', 'a song.opus', 'audio'],
    ['https://chat.example/upload/1/film.mp4?x', 'film.mp4', 'video'],
    ['https://chat.example/upload/1/drawing.svg', 'drawing.svg', 'other'],
    ['https://chat.example/upload/1/page.html', 'page.html', 'other'],
    ['https://chat.example:444/cat.jpg', 'cat.jpg', 'other'],
    ['https://elsewhere.example/cat.jpg', 'cat.jpg', 'other'],
    ['https://chat.example/%zz', '%zz', 'other'],
    ['https://chat.example/', 'chat.example', 'other'],
  ])('%s is called %s and shown as %s', (url, name, kind) => {
    expect(fileOf(url, OWN)).toMatchObject({ name, kind });
  });

  test('are none where the address is not one of the web', () => {
    expect(fileOf('javascript:alert(1)//cat.jpg', OWN)).toBe(null);
  });

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1_450_000, '1.4 MB'],
    [52_000_000, '52 MB'],
    [3e15, '3000 TB'],
  ])('of %d bytes have %s', (bytes, written) => {
    expect(formatSize(bytes)).toBe(written);
  });
});
