import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candidateOf, contentsOfSdp } from '../../../web/src/calls/contents-of-sdp.ts';
import type { Candidate, Content, RtpApplication } from '../../../web/src/calls/jingle.ts';
import {
  candidateLine,
  InvalidContent,
  sdpOfContents,
} from '../../../web/src/calls/sdp-of-contents.ts';
import { CALL_OFFER, DATA_OFFER } from './offers.ts';

const byInitiator = (sdp: string) => contentsOfSdp(sdp, 'initiator', () => 'initiator');
const offered = { role: 'initiator', type: 'offer' } as const;
const { contents, groups } = byInitiator(CALL_OFFER);
const [audio, video] = contents as [Content, Content];

/** The audio content with something else in its description. */
function described(change: Partial<RtpApplication>): Content {
  return { ...audio, application: { ...(audio.application as RtpApplication), ...change } };
}

function writes(...written: Content[]): string {
  return sdpOfContents(written, { ...offered, groups: [] });
}

describe("a browser's offer in Jingle's words", () => {
  test('has a content for each medium, in order, by its mid [XEP-0166 7.3]', () => {
    expect(contents.map(({ name, creator }) => [name, creator])).toEqual([
      ['0', 'initiator'],
      ['1', 'initiator'],
    ]);
  });

  test('says who sends, whoever describes it [XEP-0166 7.3]', () => {
    expect([audio.senders, video.senders]).toEqual(['both', 'initiator']);
    const answer = contentsOfSdp(CALL_OFFER, 'responder', () => 'initiator');
    expect(answer.contents.map(({ senders }) => senders)).toEqual(['both', 'responder']);
  });

  test('has codecs with their parameters and feedback [XEP-0167 4] [XEP-0293 3]', () => {
    expect((audio.application as RtpApplication).codecs?.[0]).toEqual({
      ...{ id: '111', name: 'opus', clockRate: 48000, channels: 2 },
      parameters: { minptime: '10', useinbandfec: '1' },
      rtcpFeedback: [{ type: 'transport-cc' }],
    });
    expect((video.application as RtpApplication).codecs?.[0]?.rtcpFeedback).toEqual([
      { type: 'ccm', parameter: 'fir' },
      { type: 'nack' },
      { type: 'nack', parameter: 'pli' },
    ]);
  });

  test('has header extensions and sources [XEP-0294 3] [XEP-0339 3]', () => {
    const { headerExtensions, sourceGroups, sources } = video.application as RtpApplication;
    expect(headerExtensions).toEqual([{ id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' }]);
    expect(sourceGroups).toEqual([{ semantics: 'FID', sources: ['2918230350', '3032917020'] }]);
    expect(sources?.[0]).toEqual({
      ssrc: '2918230350',
      parameters: { cname: 'mgZpNYGUzmXAVWjC' },
    });
  });

  test('has credentials and fingerprint [XEP-0176 5.2] [XEP-0320 2]', () => {
    expect(audio.transport).toMatchObject({
      ...{ usernameFragment: 'nMh/', password: 'rKCaaZkjCwy8h/p8tS1q36XF' },
      fingerprints: [{ algorithm: 'sha-256', setup: 'actpass' }],
    });
  });

  test('says what is bundled [XEP-0338 3]', () => {
    expect(groups).toEqual([{ semantics: 'BUNDLE', contents: ['0', '1'] }]);
  });

  test('has a data channel as such [XEP-0343 4.2]', () => {
    expect(byInitiator(DATA_OFFER).contents[0]?.transport?.sctp).toEqual({
      ...{ port: 5000, protocol: 'webrtc-datachannel', streams: '1024' },
    });
  });
});

describe('contents as a session description', () => {
  test.each([
    ['a call', CALL_OFFER],
    ['a data channel', DATA_OFFER],
  ])('say the same as what they were made of: %s', (_, offer) => {
    const made = byInitiator(offer);
    const again = byInitiator(sdpOfContents(made.contents, { ...offered, groups: made.groups }));
    expect(again).toEqual(made);
  });

  test('refuse what the peer left out', () => {
    const { transport: _, ...unused } = video;
    const sdp = sdpOfContents([audio, unused], { ...offered, type: 'answer', groups: [] });
    expect(sdp).toMatch(/^m=audio 9 /m);
    expect(sdp).toMatch(/^m=video 0 /m);
  });

  test('answer with the role that was chosen, and offer any [XEP-0320 3]', () => {
    const fingerprints = [{ algorithm: 'sha-256', value: 'AA:BB', setup: 'passive' }];
    const content = { ...audio, transport: { ...audio.transport!, fingerprints } };
    expect(sdpOfContents([content], { role: 'responder', type: 'answer', groups: [] })).toContain(
      'a=setup:passive\r\n',
    );
    expect(writes(content)).toContain('a=setup:actpass\r\n');
  });

  test('answer again with the role of before, whatever was offered then [RFC8842 5]', () => {
    const options = { role: 'initiator', type: 'answer', groups: [], setup: 'passive' } as const;
    expect(sdpOfContents([audio], options)).toContain('a=setup:passive\r\n');
  });

  test('need a fingerprint: nothing goes unencrypted [XEP-0320 2]', () => {
    const content = { ...audio, transport: { ...audio.transport!, fingerprints: [] } };
    expect(() => writes(content)).toThrow(InvalidContent);
  });

  test.each<readonly [string, Content]>([
    ['a name', { ...audio, name: '0\r\na=setup:passive' }],
    ['a codec', described({ codecs: [{ id: '96', name: 'VP8/1\r\na=x:' }] })],
    ['an id', described({ codecs: [{ id: '96 97', name: 'VP8' }] })],
    [
      'a parameter',
      described({ codecs: [{ id: '96', name: 'VP8', parameters: { a: 'b\na=sendonly' } }] }),
    ],
    ['an extension', described({ headerExtensions: [{ id: 1, uri: 'urn:a b' }] })],
    ['a source', described({ sources: [{ ssrc: '1', parameters: { 'c d': 'e' } }] })],
    [
      'credentials',
      { ...audio, transport: { ...audio.transport!, password: 'secret\r\na=ice-lite' } },
    ],
  ])('take nothing that breaks out of its line: %s', (_, content) => {
    expect(() => writes(content)).toThrow(InvalidContent);
  });

  test('are bounded', () => {
    const codecs = Array.from({ length: 200 }, (_, id) => ({ id: String(id), name: 'VP8' }));
    expect(() => writes(described({ codecs }))).toThrow(InvalidContent);
    expect(() => writes(...Array.from({ length: 20 }, () => audio))).toThrow(InvalidContent);
  });

  test('have one line for each thing, whatever strings stand in them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const content = described({
          codecs: [{ id: '96', name: text, parameters: { [text]: text } }],
        });
        let sdp: string;
        try {
          sdp = writes(content);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidContent);
          return;
        }
        const known =
          /^(v=0|o=- .*|s=-|t=0 0|[mc]=.*|a=(ice-|mid:|fingerprint:|setup:|sendrecv|rtcp|extmap:|rtpmap:96 |fmtp:96 |ssrc:).*)$/;
        expect(
          sdp
            .trimEnd()
            .split('\r\n')
            .filter((line) => !known.test(line)),
        ).toEqual([]);
      }),
    );
  });
});

describe('candidates', () => {
  const host =
    'candidate:1189704239 1 udp 2122194687 192.0.2.7 50892 typ host generation 0 network-id 3 network-cost 50';
  const relay =
    'candidate:7 1 udp 41885439 203.0.113.5 49200 typ relay raddr 192.0.2.7 rport 50892 generation 0';
  const tcp = 'candidate:9 1 tcp 1518214911 192.0.2.7 9 typ host tcptype active generation 0';

  test('have an address, a port and a kind [XEP-0176 5.3]', () => {
    expect(candidateOf(host)).toMatchObject({
      ...{ component: 1, foundation: '1189704239', ip: '192.0.2.7', port: 50892 },
      ...{ priority: 2122194687, protocol: 'udp', type: 'host', network: 3 },
    });
    expect(candidateOf(relay)).toMatchObject({ relatedAddress: '192.0.2.7', relatedPort: 50892 });
    expect(candidateOf(tcp)).toMatchObject({ protocol: 'tcp', tcpType: 'active' });
  });

  test.each([host, relay, tcp])('come back as they were: %s', (line) => {
    const again = candidateLine(candidateOf(line)!);
    expect(candidateOf(again)).toMatchObject({ ...candidateOf(line), network: 0 });
  });

  test('end with an empty line, which is none', () => {
    expect(candidateOf('')).toBeUndefined();
  });

  test('do not break out of theirs', () => {
    const bad: Candidate = { ...candidateOf(host)!, ip: '192.0.2.7 1 typ relay' };
    expect(() => candidateLine(bad)).toThrow(InvalidContent);
    expect(() => candidateLine({ ...bad, ip: '::1', port: -1 })).toThrow(InvalidContent);
  });
});
