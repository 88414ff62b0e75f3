import { isLater } from '../lib/maybe.ts';
import { StanzaError } from '../xmpp/errors.ts';
import type { Stanza } from '../xmpp/stanza.ts';
import type { Account } from './accounts.ts';
import type { CompiledFlows, Handler } from './compiled-flows.ts';
import type { Outcome, Verdict } from './flow.ts';
import type { HostParts } from './host-parts.ts';
import type { IqTable } from './iq-table.ts';
import type { IqHandler } from './module.ts';
import type { TracePlace, Tracing } from './tracing.ts';

/** What all contexts of flows have. */
interface Context {
  readonly account: Account | null;
}

/** The same parts, but each handler tells `tracing` when it does something to a stanza. */
export function tracedParts(parts: HostParts, tracing: Tracing): HostParts {
  return { ...parts, flows: traceFlows(parts.flows, tracing), iqs: traceIqs(parts.iqs, tracing) };
}

function traceFlows(flows: CompiledFlows, tracing: Tracing): CompiledFlows {
  const traced = flows.mapped((handler, place) => traceHandler(handler, place, tracing));
  for (const direction of ['outgoing', 'incoming'] as const) {
    for (const kind of ['message', 'presence', 'iq'] as const) {
      const place: TracePlace = { direction, kind, stage: '', module: '' };
      const what = direction === 'outgoing' ? 'received' : 'arrived';
      traced[direction][kind].check.unshift((stanza: Stanza, { account }: Context) => {
        tracing.tell({ what, place }, stanza, account?.owner);
        return undefined;
      });
    }
  }
  return traced;
}

function traceHandler(handler: Handler, place: TracePlace, tracing: Tracing): Handler {
  return (stanza: Stanza, context: Context, outcome: never) => {
    const owner = context.account?.owner;
    return observed(
      () => handler(stanza, context as never, outcome),
      (result) => {
        const verdict = verdictOf(result, place.stage);
        if (verdict) tracing.tell({ what: 'stopped', place, verdict }, stanza, owner);
        if (place.stage === 'store' && result) {
          tracing.tell({ what: 'stored', place }, stanza, owner);
        }
        if (place.stage === 'rewrite' && result !== stanza) {
          tracing.tell({ what: 'changed', place }, result as Stanza, owner);
        }
      },
      (verdict) => tracing.tell({ what: 'stopped', place, verdict }, stanza, owner),
    );
  };
}

function verdictOf(result: unknown, stage: string): Verdict | undefined {
  if (stage === 'check' || stage === 'apply') return result as Verdict | undefined;
  if (stage !== 'deliver') return undefined;
  const outcome = result as Outcome;
  if (outcome.kind === 'dropped') return { drop: outcome.why };
  return outcome.kind === 'error' ? { reject: outcome.error } : undefined;
}

function traceIqs(iqs: IqTable, tracing: Tracing): IqTable {
  return iqs.mapped((handler, module) => {
    const answer = (request: never) => {
      const { stanza, account } = request as { stanza: Stanza; account?: Account };
      const place: TracePlace = { direction: 'incoming', kind: 'iq', stage: 'answer', module };
      return observed(
        () => handler.answer(request),
        () => {},
        (verdict) => tracing.tell({ what: 'stopped', place, verdict }, stanza, account?.owner),
      );
    };
    return { ...handler, answer } as IqHandler;
  });
}

/** Runs `work`, and shows its result, or why it failed, on the way past. */
function observed<T>(
  work: () => T,
  done: (result: unknown) => void,
  failed: (verdict: Verdict) => void,
): T {
  const fail = (thrown: unknown): never => {
    failed({
      reject: thrown instanceof StanzaError ? thrown : new StanzaError('internal-server-error'),
    });
    throw thrown;
  };
  try {
    const result = work();
    if (!isLater(result)) {
      done(result);
      return result;
    }
    return result.then((value) => {
      done(value);
      return value;
    }, fail) as T;
  } catch (thrown) {
    return fail(thrown);
  }
}
