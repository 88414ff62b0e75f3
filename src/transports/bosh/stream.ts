import type { StreamHeader } from '../../xml/frame.ts';
import type { StreamError } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';
import { type BodyHeader, NS_XBOSH, writeAttributes } from './body.ts';
import type { BoshCondition } from './condition.ts';
import { type BoshTerms, MAX_PAUSE, POLLING } from './terms.ts';

/**
 * The stream header that a request stands for: the first, or one that restarts the
 * stream, which may leave out what the first has said (XEP-0206 §3, §5).
 */
export function streamHeader(header: BodyHeader, creation: BodyHeader): StreamHeader {
  const attributes = new Map([
    ['to', header.to || creation.to],
    ['version', creation.version],
  ]);
  const lang = header.lang || creation.lang;
  if (header.from) attributes.set('from', header.from);
  if (lang) attributes.set('xml:lang', lang);
  const named = { name: 'stream', prefix: 'stream', xmlns: NS.streams, prefixes: [] };
  return { ...named, defaultXmlns: NS.client, attributes };
}

/** The attributes of the response that creates a session (XEP-0124 §7.2, XEP-0206 §4). */
export function writeCreation(
  { rid, sid, from }: { readonly rid: number; readonly sid: string; readonly from: string },
  { wait, hold, requests, inactivity, ver }: BoshTerms,
): string {
  return writeAttributes({
    sid,
    wait,
    requests,
    ...(ver && { ver }),
    polling: POLLING,
    inactivity,
    hold,
    from,
    ack: rid,
    maxpause: MAX_PAUSE,
    'xmlns:xmpp': NS_XBOSH,
    'xmpp:version': '1.0',
    'xmpp:restartlogic': 'true',
  });
}

const OWN: ReadonlyMap<string, BoshCondition> = new Map([
  ['host-unknown', 'host-unknown'],
  ['improper-addressing', 'improper-addressing'],
]);

/** How a stream's error is told; before there is a stream, it is the session that fails (§17.2). */
export function conditionOf({ condition }: StreamError, isFirst: boolean): BoshCondition {
  if (condition === 'system-shutdown') return condition;
  return (isFirst && OWN.get(condition)) || 'remote-stream-error';
}
