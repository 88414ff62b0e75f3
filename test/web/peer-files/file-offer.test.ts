import { describe, expect, test } from '@jest/globals';
import type { Content, Jingle } from '../../../web/src/calls/jingle.ts';
import {
  applicationOf,
  type FileOffer,
  fileOfferOf,
  MAX_SIZE,
  safeName,
} from '../../../web/src/peer-files/file-offer.ts';

const offer: FileOffer = { name: 'sonnet.txt', size: 14, hash: new Uint8Array(32).fill(7) };

function offering(file: Partial<FileOffer>, content: Partial<Content> = {}): Jingle {
  const transport = {
    transportType: 'urn:xmpp:jingle:transports:ice-udp:1',
    sctp: { port: 5000, protocol: 'webrtc-datachannel' },
  };
  const described = {
    ...{ creator: 'initiator', name: '0', senders: 'initiator', transport },
    application: applicationOf({ ...offer, ...file }, 'text/plain'),
    ...content,
  } as Content;
  return { action: 'session-initiate', sid: 's', contents: [described] };
}

describe('an offer of a file', () => {
  test('has name, size and checksum [XEP-0234 5] [XEP-0300 3]', () => {
    expect(fileOfferOf(offering({}))).toEqual(offer);
  });

  test.each<readonly [string, Jingle]>([
    ['too large', offering({ size: MAX_SIZE + 1 })],
    ['of a size that is none', offering({ size: Number.NaN })],
    ['with a short checksum', offering({ hash: new Uint8Array(20) })],
    ['that is a request', offering({}, { senders: 'responder' })],
    [
      'by another transport',
      offering({}, { transport: { transportType: 'urn:xmpp:jingle:transports:ibb:1' } }),
    ],
    ['of something else', offering({}, { application: { applicationType: 'urn:example' } })],
    ['of nothing', { action: 'session-initiate', sid: 's' }],
  ])('is refused: one %s', (_, jingle) => {
    expect(fileOfferOf(jingle)).toBeUndefined();
  });
});

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\run\\evil.exe', 'evil.exe'],
  ['gnp.\u202eexe', 'gnp.exe'],
  ['a\r\nb.txt', 'ab.txt'],
  ['.bashrc', 'bashrc'],
  ['', 'file'],
  ['..', 'file'],
])('a name is no path and does not fool the eye: %j', (name, shown) => {
  expect(safeName(name)).toBe(shown);
});
