import { isLater, type Maybe, then } from '../../lib/maybe.ts';
import { type Element, xml } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import type { InlineFeature, InlineResult, SessionFeature, Welcome } from '../inline.ts';
import type { StreamSession } from '../ports.ts';

const BIND2 = 'urn:xmpp:bind:0';
const UNBOUND: InlineResult = { answer: null, session: null };

/**
 * Binding along with signing in (XEP-0386). What becomes of messages that waited for the
 * account is up to who keeps them: initial presence comes as with other bindings.
 */
export const bind2: InlineFeature = {
  name: 'bind',
  xmlns: BIND2,

  offer({ host }) {
    const listed = host.sessionFeatures.map((feature) => xml('feature', { var: feature.var }));
    const inline = listed.length > 0 ? [xml('inline', {}, ...listed)] : [];
    return xml('bind', { xmlns: BIND2 }, ...inline);
  },

  negotiate(stream, request, { userAgent }) {
    const { host, username } = stream;
    const tag = request.getChildText('tag', BIND2) ?? '';
    return unlessRefused(() =>
      then(prepare(host.sessionFeatures, username), (welcomes) =>
        then(host.bind(username, { resource: null, tag, userAgent }, stream), (session) => {
          const told = welcomes.flatMap((welcome) => welcome.give(session) ?? []);
          const enabled = enable(host.sessionFeatures, session, request);
          return { answer: xml('bound', { xmlns: BIND2 }, ...told, ...enabled), session };
        }),
      ),
    );
  },
};

/** Who cannot be bound has signed in all the same, and may bind by itself to hear why not. */
function unlessRefused(bind: () => Maybe<InlineResult>): Maybe<InlineResult> {
  const refuse = (error: unknown): InlineResult => {
    if (error instanceof StanzaError) return UNBOUND;
    throw error;
  };
  try {
    const bound = bind();
    return isLater(bound) ? bound.catch(refuse) : bound;
  } catch (error) {
    return refuse(error);
  }
}

/** Before there is a session, since nothing may be delivered to it ahead of the answer. */
function prepare(features: readonly SessionFeature[], username: string): Maybe<Welcome[]> {
  return features.reduce<Maybe<Welcome[]>>(
    (before, feature) =>
      then(before, (welcomes) =>
        feature.prepare
          ? then(feature.prepare(username), (welcome) => [...welcomes, welcome])
          : welcomes,
      ),
    [],
  );
}

/** Turns on what the client asks for; what is not loaded is passed over. */
function enable(
  features: readonly SessionFeature[],
  session: StreamSession,
  request: Element,
): Element[] {
  const answers: Element[] = [];
  for (const feature of features) {
    const asked = request
      .getChildElements()
      .find((child) => feature.accepts.some(({ name, xmlns }) => child.is(name, xmlns)));
    const answer = asked && feature.enable?.(session, asked);
    if (answer) answers.push(answer);
  }
  return answers;
}
