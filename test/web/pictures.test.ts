import { describe, expect, test } from '@jest/globals';
import { readPicture } from '../../web/src/chat/pictures.ts';

const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');

describe('pictures on cards', () => {
  test.each([
    ['\x89PNG\r\n\x1a\n rest', 'image/png'],
    ['\xff\xd8\xff rest', 'image/jpeg'],
    ['GIF89a rest', 'image/gif'],
    ['RIFF1234WEBP rest', 'image/webp'],
  ])('are known by their own bytes: %j [XEP-0153 5]', (bytes, type) => {
    const picture = readPicture(base64(bytes))!;
    expect(picture.type).toBe(type);
    expect(Buffer.from(picture.bytes).toString('latin1')).toBe(bytes);
  });

  test.each([
    ['markup', base64('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ['a page', base64('<!doctype html><script>alert(1)</script>')],
    ['no base64', '%%%'],
    ['nothing', ''],
    ['too much', 'iVBORw0KGgo'.padEnd(1_500_000, 'A')],
  ])('are none where they are %s', (_, written) => {
    expect(readPicture(written)).toBe(null);
  });

  test('may be broken into lines [XEP-0153 4.6]', () => {
    const written = base64('GIF87a rest').replace(/(.{4})/g, '$1\r\n');
    expect(readPicture(written)?.type).toBe('image/gif');
  });
});
