import type { Clock } from '../lib/clock.ts';
import type { Incoming, Outcome, Outgoing } from '../server/flow.ts';
import { defineModule } from '../server/module.ts';
import type { Owner } from '../storage/ports.ts';
import { attr, element, optional } from '../xmpp/codec.ts';
import { dateTime, string } from '../xmpp/codec-values.ts';
import { NS } from '../xmpp/ns.ts';
import { makeStanza, readStoredStanza, type Stanza } from '../xmpp/stanza.ts';

const NS_RETRACTION = 'urn:xmpp:message-retract:1';

/** §5: what stands in place of what was said. */
const retracted = element(NS_RETRACTION, 'retracted', {
  id: attr(string),
  stamp: optional(attr(dateTime)),
});

/**
 * XEP-0424: what its author takes back stays in no archive of this server. The
 * retraction itself is archived like any other message.
 */
export default defineModule({
  name: 'retraction',
  hosts: ['accounts'],
  summary: 'Replaces messages that their author takes back by tombstones.',
  implements: [{ xep: 424, version: '0.4.2', status: 'complete' }],
  after: ['carbons', 'archive'],
  setup({ storage, clock, log }) {
    const { archive } = storage;

    /** In the conversation of the owner with `peer`; only what the same bare JID has sent (§6). */
    const apply = (owner: Owner | undefined, stanza: Stanza, peer: string): void => {
      const reference = referenceOf(stanza);
      if (!owner || !reference || !stanza.from) return;
      const named = { peer, sender: stanza.from.bareString, reference };
      archive
        .retract(owner, named, (original) =>
          tombstoneOf(readStoredStanza(original.stanza), stanza, clock),
        )
        .catch((error) => log.error({ err: error, owner }, 'a message could not be retracted'));
    };

    const applySent = (stanza: Stanza, { account }: Outgoing): void => {
      apply(account.owner, stanza, stanza.to?.bareString ?? account.owner);
    };

    const applyReceived = (stanza: Stanza, { account }: Incoming, outcome: Outcome): void => {
      // What comes from oneself has been applied where it was sent.
      const isOwn = stanza.from?.bareString === account?.owner;
      if (outcome.kind === 'error' || isOwn) return;
      apply(account?.owner, stanza, stanza.from?.bareString ?? '');
    };

    return {
      features: {
        host: [NS_RETRACTION],
        account: [NS_RETRACTION, `${NS_RETRACTION}#tombstone`],
      },
      flows: {
        outgoing: { message: { copy: applySent } },
        incoming: { message: { copy: applyReceived } },
      },
    };
  },
});

/** The id of the message that is taken back; null for other messages. */
function referenceOf(stanza: Stanza): string | null {
  if (stanza.type === 'error' || stanza.type === 'groupchat') return null;
  const id: unknown = stanza.child('retract', NS_RETRACTION)?.attrs.id;
  // Without an id of its own its tombstone would point nowhere.
  return typeof id === 'string' && id !== '' && stanza.id !== '' && id !== stanza.id ? id : null;
}

/** Null for what is none of §6's messages any more: it has been taken back already. */
function tombstoneOf(original: Stanza, retraction: Stanza, clock: Clock): string | null {
  if (original.has('retracted', NS_RETRACTION)) return null;
  const { from, to, id, type } = original;
  const mark = retracted.encode({ id: retraction.id, stamp: clock.now() });
  return makeStanza('message', { from, to, id, type }, [mark]).toText(NS.client);
}
