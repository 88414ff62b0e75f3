import { createHash } from 'node:crypto';
import type { Vcard } from '../support/line-client.ts';

/** The picture has one pixel. */
export const CARD: Vcard = {
  name: 'Alice <&> Liddell',
  photo:
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
};

/** As presence announces it: XEP-0153 §3.1. */
export const PHOTO_HASH = createHash('sha1').update(CARD.photo, 'base64').digest('hex');
