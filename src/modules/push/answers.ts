import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { then } from '../../lib/maybe.ts';
import type { Host } from '../../server/host.ts';
import type { Element } from '../../xml/element.ts';
import { Jid } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { isRequest, makeStanza, type Stanza } from '../../xmpp/stanza.ts';

/** Milliseconds that a push service has for its answer. */
const PATIENCE = 30_000;
/** Notifications of one host that wait for an answer. */
const MAX_PENDING = 10_000;

/** `refused`: the service wants no more of them; `failed`: another time it may work. */
export type Answer = 'accepted' | 'refused' | 'failed';

interface Pending {
  readonly from: Jid;
  readonly to: Jid;
  settle(answer: Answer): void;
}

/** Notifications on their way; an answer counts by its id, who it is from, and whom for. */
export class PendingAnswers {
  readonly #pending = new Map<string, Pending>();

  /** Publishes in the account's name (bare JID), and tells once what became of it. */
  publish(
    { host, clock }: { host: Host; clock: Clock },
    { from, to }: { from: Jid; to: string },
    payload: Element,
  ): Promise<Answer> {
    if (this.#pending.size >= MAX_PENDING) return Promise.resolve('failed');
    const id = randomUUID();
    const service = Jid.parse(to);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const settle = (answer: Answer) => {
      cancel();
      this.#pending.delete(id);
      resolve(answer);
    };
    const cancel = clock.after(PATIENCE, () => settle('failed'));
    this.#pending.set(id, { from: service, to: from, settle });
    const stanza = makeStanza('iq', { type: 'set', id, from, to: service }, [payload]);
    void then(host.sendFirst(stanza), (outcome) => {
      if (outcome?.kind === 'error') settle(judge(outcome.error.type, outcome.error.condition));
    });
    return promise;
  }

  /** Whether the stanza is such an answer, which then is known. */
  take(stanza: Stanza): boolean {
    const pending = isRequest(stanza) ? undefined : this.#pending.get(stanza.id);
    if (!pending || !stanza.from?.equals(pending.from) || !stanza.to?.equals(pending.to)) {
      return false;
    }
    pending.settle(stanza.type === 'result' ? 'accepted' : judgeError(stanza));
    return true;
  }
}

function judgeError(stanza: Stanza): Answer {
  const error = stanza.child('error', NS.client);
  const condition = error?.getChildElements().find((child) => child.getNS() === NS.stanzaErrors);
  return judge(error?.attrs.type ?? '', condition?.getName() ?? '');
}

/** XEP-0357 §7.1. That a server cannot be found or is at fault says nothing of the service. */
function judge(type: string, condition: string): Answer {
  const isFinal = type === 'cancel' || type === 'auth';
  return isFinal && !OF_SERVERS.has(condition) ? 'refused' : 'failed';
}

const OF_SERVERS: ReadonlySet<string> = new Set([
  'remote-server-not-found',
  'remote-server-timeout',
  'internal-server-error',
]);
