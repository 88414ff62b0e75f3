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
  if (isIq && frame.children.length !== 1) return undefined;
  const found = isIq ? frame.children[0]! : frame;
  // Names first: nearly every IQ is for no feature, and its attributes are not decoded.
  return features.find(
    (feature) =>
      feature.accepts.some(
        (element) =>
          element.name === found.name &&
          element.xmlns === found.xmlns &&
          (isIq ? isRequest(frame, element, stream) : element.inIq === undefined),
      ) && isOfferable(feature, stream),
  );
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
