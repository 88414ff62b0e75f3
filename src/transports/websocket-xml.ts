import type { ServerHeader } from '../stream/stream-header.ts';
import { DEFAULT_LANG } from '../stream/stream-header.ts';
import { buildElement, serialize, xml } from '../xml/element.ts';
import type { Frame, StreamHeader } from '../xml/frame.ts';
import { NS } from '../xmpp/ns.ts';

/** RFC 7395 §3.3.2. */
export const NS_FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

/** The server's `<open/>` (RFC 7395 §3.4). */
export function writeOpen({ id, from, to, lang }: ServerHeader): string {
  return serialize(
    xml('open', {
      xmlns: NS_FRAMING,
      id,
      from,
      ...(to && { to }),
      version: '1.0',
      'xml:lang': lang || DEFAULT_LANG,
    }),
  );
}

/** `<close/>` (RFC 7395 §3.6); `uri` is where the client may go on (§3.6.1), null for nowhere. */
export function writeClose(uri: string | null): string {
  return serialize(xml('close', { xmlns: NS_FRAMING, ...(uri && { 'see-other-uri': uri }) }));
}

/**
 * What stands where a client has to say `<open/>`, as the header that it would be over TCP
 * (RFC 7395 §3.4): anything else is none, and refused as such.
 */
export function readOpen(frame: Frame): StreamHeader {
  const isFraming = frame.xmlns === NS_FRAMING;
  const { attrs } = buildElement(frame);
  return {
    name: isFraming && frame.name === 'open' ? 'stream' : frame.name,
    xmlns: isFraming ? NS.streams : frame.xmlns,
    prefix: 'stream',
    defaultXmlns: NS.client,
    attributes: new Map(Object.entries(attrs).map(([name, value]) => [name, String(value)])),
  };
}
