import type { Frame } from '../xml/frame.ts';
import { NS } from '../xmpp/ns.ts';
import type { ClientStream } from './client-stream.ts';
import type { FeatureElement, StreamFeature } from './feature.ts';

/** Whether the stream's state is one that the feature is for. */
export function isOfferable(feature: StreamFeature, stream: ClientStream): boolean {
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
  const request = frame.name === 'iq' && frame.xmlns === NS.client ? payloadOfSet(frame) : frame;
  if (!request) return undefined;
  const inIq = request !== frame;
  return features.find(
    (feature) =>
      feature.accepts.some((element) => isMatch(element, request, inIq)) &&
      isOfferable(feature, stream),
  );
}

function payloadOfSet(frame: Frame): { name: string; xmlns: string } | undefined {
  if (frame.children.length !== 1) return undefined;
  const type = frame.attributes.find(({ name }) => name === 'type');
  const isSet = type && frame.raw.toString('latin1', type.valueStart, type.valueEnd) === 'set';
  return isSet ? frame.children[0] : undefined;
}

function isMatch(
  element: FeatureElement,
  found: { name: string; xmlns: string },
  inIq: boolean,
): boolean {
  return (
    element.name === found.name && element.xmlns === found.xmlns && (element.inIq ?? false) === inIq
  );
}
