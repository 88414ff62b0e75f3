import { DONE, failed, type Incoming, type Outcome } from '../server/flow.ts';
import { defineModule } from '../server/module.ts';
import { buildChild } from '../xml/element.ts';
import type { FrameChild } from '../xml/frame.ts';
import { StanzaError } from '../xmpp/errors.ts';
import { Jid, JidError } from '../xmpp/jid.ts';
import { NS } from '../xmpp/ns.ts';
import type { Stanza } from '../xmpp/stanza.ts';

const UNAVAILABLE = failed(new StanzaError('service-unavailable'));
const IGNORED: Outcome = { kind: 'dropped', why: 'nobody is there to read it' };

/** In the walk of a message: the plan of RFC 6121 §8.5 is carried out. */
function deliver(stanza: Stanza, { plan }: Incoming): Outcome {
  switch (plan?.kind) {
    case 'deliver':
      for (const target of plan.targets) target.deliver(stanza);
      return DONE;
    case 'error':
      return failed(plan.error);
    case 'ignore':
      return IGNORED;
    default:
      // To the host itself, or for later when nothing has stored it (RFC 6121 §8.5.2.2.1).
      return UNAVAILABLE;
  }
}

export default defineModule({
  name: 'messages',
  summary: 'Delivers messages to the resources of their recipient.',
  setup({ host }) {
    /** Claims that only this server may make: stanza ids and delays of its own (XEP-0359 §5). */
    const isForged = (stanza: Stanza, child: FrameChild): boolean => {
      if (child.name === 'stanza-id' && child.xmlns === NS.stanzaId) {
        return speaksFor(buildChild(stanza.content, child).attrs.by, host.domain);
      }
      if (child.name === 'delay' && child.xmlns === NS.delay) {
        return speaksFor(buildChild(stanza.content, child).attrs.from, host.domain);
      }
      return false;
    };
    const withoutForgeries = (stanza: Stanza): Stanza => {
      const { children } = stanza.content;
      if (!children.some((child) => isForged(stanza, child))) return stanza;
      return stanza.edit({ drop: (child) => isForged(stanza, child) });
    };
    return {
      flows: {
        outgoing: { message: { rewrite: withoutForgeries } },
        incoming: { message: { rewrite: withoutForgeries, deliver } },
      },
    };
  },
});

/** Whether an address is one of ours; it may be written in any form. */
function speaksFor(address: unknown, domain: string): boolean {
  if (typeof address !== 'string') return false;
  try {
    return Jid.parse(address).domain === domain;
  } catch (error) {
    if (error instanceof JidError) return false;
    throw error;
  }
}
