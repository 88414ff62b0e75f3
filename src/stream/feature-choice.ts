import { type Element, xml } from '../xml/element.ts';
import type { Frame } from '../xml/frame.ts';
import { decodeAttribute } from '../xml/text.ts';
import { NS } from '../xmpp/ns.ts';
import type { ClientStream } from './client-stream.ts';
import type { FeatureElement, StreamFeature } from './feature.ts';

/** `<stream:features/>` with what the stream's state allows (RFC 6120 §4.3.2). */
export function offerFeatures(features: readonly StreamFeature[], stream: ClientStream): Element {
  const offers = features
    .filter((feature) => isOfferable(feature, stream))
    .map((feature) => feature.offer(stream))
    .filter((offer) => offer !== null);
  return xml('stream:features', {}, ...offers);
}

/** Whether the stream's state is one that the feature is for. */
function isOfferable(feature: StreamFeature, stream: ClientStream): boolean {
  return (
    feature.requires.every((state) => stream.has(state)) &&
    !feature.forbids.some((state) => stream.has(state))
  );
}

/** The feature that takes the frame in the stream's present state. */
export function findFeature(
  features: readonly StreamFeature[],
  frame: Frame,
  stream: ClientStream,
): StreamFeature | undefined {
  const isIq = frame.name === 'iq' && frame.xmlns === NS.client;
  const inIq = isIq ? attributeOf(frame, 'type') : undefined;
  if (isIq && inIq !== 'get' && inIq !== 'set') return undefined;
  const request = isIq ? payloadOf(frame, stream) : frame;
  if (!request) return undefined;
  return features.find(
    (feature) =>
      feature.accepts.some((element) => isMatch(element, request, inIq)) &&
      isOfferable(feature, stream),
  );
}

function payloadOf(
  frame: Frame,
  stream: ClientStream,
): { name: string; xmlns: string } | undefined {
  if (frame.children.length !== 1) return undefined;
  // What is addressed to somebody else is not for the stream to answer.
  const to = attributeOf(frame, 'to');
  return to === undefined || to === stream.host.domain ? frame.children[0] : undefined;
}

function attributeOf({ attributes, raw }: Frame, wanted: string): string | undefined {
  const found = attributes.find(({ name }) => name === wanted);
  return found && decodeAttribute(raw, found.valueStart, found.valueEnd);
}

function isMatch(
  element: FeatureElement,
  found: { name: string; xmlns: string },
  inIq: string | undefined,
): boolean {
  return element.name === found.name && element.xmlns === found.xmlns && element.inIq === inIq;
}
