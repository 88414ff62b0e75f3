import { isLater, then } from '../../lib/maybe.ts';
import { type Element, serialize, xml } from '../../xml/element.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { JidError, prepareResource } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import type { ClientStream } from '../client-stream.ts';
import type { Step, StreamFeature } from '../feature.ts';
import { answerTo, refusalOf } from '../iq-answer.ts';
import type { StreamSession } from '../ports.ts';

const OFFER = serialize(xml('bind', { xmlns: NS.bind }));

/** Resource binding (RFC 6120 §7). */
export const bind: StreamFeature = {
  name: 'bind',
  requires: ['authenticated'],
  forbids: ['bound'],
  accepts: [{ name: 'bind', xmlns: NS.bind, inIq: 'set' }],
  offer: () => OFFER,

  negotiate(stream, iq) {
    try {
      const session = then(readResource(iq), (resource) =>
        stream.host.bind(stream.username, { resource, tag: '', userAgent: '' }, stream),
      );
      return isLater(session)
        ? session.then(
            (value) => accept(stream, iq, value),
            (error) => refuse(stream, iq, error),
          )
        : accept(stream, iq, session);
    } catch (error) {
      return refuse(stream, iq, error);
    }
  },
};

/** The resource that the client wants; null leaves the choice to the server (RFC 6120 §7.6). */
function readResource(iq: Element): string | null {
  const wanted = iq.getChild('bind', NS.bind)?.getChildText('resource', NS.bind);
  try {
    return wanted ? prepareResource(wanted) : null;
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('bad-request', error.text);
    throw error;
  }
}

function accept(stream: ClientStream, iq: Element, session: StreamSession): Step {
  const jid = xml('jid', {}, session.jid.toString());
  stream.sendElement(answerTo(iq, xml('bind', { xmlns: NS.bind }, jid)));
  stream.bound(session);
  return 'continue';
}

/** The client may try again with another resource (RFC 6120 §7.7.2). */
function refuse(stream: ClientStream, iq: Element, error: unknown): Step {
  if (!(error instanceof StanzaError)) throw error;
  stream.sendElement(refusalOf(iq, error));
  return 'continue';
}
