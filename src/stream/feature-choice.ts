import { serialize } from '../xml/element.ts';
import type { Frame } from '../xml/frame.ts';
import { decodeAttribute } from '../xml/text.ts';
import { NS } from '../xmpp/ns.ts';
import type { ClientStream } from './client-stream.ts';
import type { FeatureElement, StreamFeature } from './feature.ts';

/** `<stream:features/>` with what the stream's state allows (RFC 6120 §4.3.2), as text. */
export function writeFeatures(
  core: readonly StreamFeature[],
  ofHost: readonly StreamFeature[],
  stream: ClientStream,
): string {
  const content = writeOffers(core, stream) + writeOffers(ofHost, stream);
  // Where no header has declared the prefix (`Connection.contentXmlns`).
  const declaration = stream.contentXmlns === '' ? '' : ` xmlns:stream="${NS.streams}"`;
  return content === ''
    ? `<stream:features${declaration}/>`
    : `<stream:features${declaration}>${content}</stream:features>`;
}

function writeOffers(features: readonly StreamFeature[], stream: ClientStream): string {
  let text = '';
  for (const feature of features) {
    const offer = isOfferable(feature, stream) ? feature.offer(stream) : null;
    if (offer !== null) text += typeof offer === 'string' ? offer : serialize(offer);
  }
  return text;
}

/** Whether the stream's state is one that the feature is for. */
function isOfferable({ requires, forbids }: StreamFeature, stream: ClientStream): boolean {
  for (const state of requires) if (!stream.has(state)) return false;
  for (const state of forbids) if (stream.has(state)) return false;
  return true;
}

/** The feature that takes the frame in the stream's present state. */
export function findFeature(
  features: readonly StreamFeature[],
  frame: Frame,
  stream: ClientStream,
): StreamFeature | undefined {
  const isIq = frame.name === 'iq' && frame.xmlns === NS.client;
  if (isIq && frame.children.length !== 1) return undefined;
  const found = isIq ? frame.children[0]! : frame;
  for (const feature of features) {
    for (const element of feature.accepts) {
      // Names first: nearly every IQ is for no feature, and its attributes are not decoded.
      const isNamed = element.name === found.name && element.xmlns === found.xmlns;
      if (!isNamed || !(isIq ? isRequest(frame, element, stream) : !element.inIq)) continue;
      if (isOfferable(feature, stream)) return feature;
    }
  }
  return undefined;
}

/** Whether the IQ is of the element's type, and for the stream to answer. */
function isRequest(iq: Frame, { inIq }: FeatureElement, { host }: ClientStream): boolean {
  if (inIq === undefined || attributeOf(iq, 'type') !== inIq) return false;
  // What is addressed to somebody else is not.
  const to = attributeOf(iq, 'to');
  return to === undefined || to === host.domain;
}

function attributeOf({ attributes, raw }: Frame, wanted: string): string | undefined {
  const found = attributes.find(({ name }) => name === wanted);
  return found && decodeAttribute(raw, found.valueStart, found.valueEnd);
}
