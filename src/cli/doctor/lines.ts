import { ClientWire, type Destination } from '../../transports/client-wire.ts';
import { WebSocketWire } from '../../transports/websocket-wire.ts';
import { NS_FRAMING } from '../../transports/websocket-xml.ts';
import { buildElement, Element } from '../../xml/element.ts';
import type { Frame } from '../../xml/frame.ts';
import { XmlMessageParser } from '../../xml/message-parser.ts';
import { XmlStreamParser } from '../../xml/stream-parser.ts';
import { NS } from '../../xmpp/ns.ts';

/** What a server may send, of which only the features are long. */
const LIMITS = { bytes: 262_144, tagBytes: 16_384, depth: 32, elements: 5_000, attributes: 64 };

/** What is heard: the elements of a stream, and then why there are no more. */
export type Heard = (what: Element | Error) => void;

/** A stream as a client speaks it, whatever carries it. */
export interface Line {
  /** SHA-256 of the certificate that the server has sent; null without TLS. */
  readonly fingerprint: string | null;
  /** Opens the stream to the domain, or opens it anew. */
  open(domain: string): void;
  /** Sends one element, which declares its namespace. */
  say(xml: string): void;
  /** RFC 6120 §5, once the server agrees; the stream is to be opened anew. */
  startTls(): Promise<void>;
  close(): void;
  destroy(): void;
}

/** Rejects with the system's errors, or with what the server has answered instead. */
export function openLine(destination: Destination, heard: Heard): Promise<Line> {
  return destination.webSocket ? openWebSocket(destination, heard) : openTcp(destination, heard);
}

async function openTcp(destination: Destination, heard: Heard): Promise<Line> {
  const parser = new XmlStreamParser(
    {
      onHeader: () => {},
      onFrame: (frame) => heard(buildElement(frame)),
      onFooter: () => heard(closed()),
      onError: heard,
    },
    LIMITS,
  );
  const wire = await ClientWire.connect(destination, (chunk) => {
    if (chunk) parser.write(chunk);
    else heard(hungUp());
  });
  return {
    get fingerprint() {
      return wire.fingerprint;
    },
    open: (domain) => {
      parser.reset();
      const names = { to: domain, version: '1.0', xmlns: NS.client, 'xmlns:stream': NS.streams };
      wire.write(new Element('stream:stream', names).toString().replace(/\/>$/, '>'));
    },
    say: (xml) => wire.write(xml),
    startTls: () => wire.startTls(),
    close: () => wire.write('</stream:stream>'),
    destroy: () => wire.destroy(),
  };
}

/** RFC 7395 §3.3: what frames the stream is no element of it. */
async function openWebSocket(destination: Destination, heard: Heard): Promise<Line> {
  const onFrame = (frame: Frame) => {
    if (frame.xmlns !== NS_FRAMING) heard(buildElement(frame));
    else if (frame.name === 'close') heard(closed());
  };
  const parser = new XmlMessageParser({ onFrame, onError: heard }, LIMITS);
  const wire = await WebSocketWire.connect(destination, (message) => {
    if (message) parser.write(message);
    else heard(hungUp());
  });
  return {
    fingerprint: wire.fingerprint,
    open: (domain) =>
      wire.write(new Element('open', { xmlns: NS_FRAMING, to: domain, version: '1.0' }).toString()),
    say: (xml) => wire.write(xml),
    startTls: () => Promise.reject(new Error('TLS does not begin within a WebSocket')),
    close: () => wire.write(new Element('close', { xmlns: NS_FRAMING }).toString()),
    destroy: () => wire.destroy(),
  };
}

function closed(): Error {
  return new Error('it closed the stream');
}

function hungUp(): Error {
  return new Error('it hung up');
}
