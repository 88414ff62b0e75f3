import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { StanzaError } from '../../xmpp/errors.ts';
import type { Stanza } from '../../xmpp/stanza.ts';
import type { Verdict } from '../flow.ts';
import type { Server } from '../server.ts';
import { stanzaText } from '../stanza-text.ts';
import type { TraceEvent } from '../tracing.ts';
import { accountAddress } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';

/** Operators who look on at a time; others need the control socket, too. */
const MAX_TRACERS = 8;
/** Events a second for one of them, and so many may wait until they are read. */
const MAX_RATE = 200;
const MAX_WAITING = 1_000;
const SECOND = 1_000;

const params = z.strictObject({
  jid: z.string().max(4_096),
  /** Whether texts are shown, too. */
  bodies: z.boolean().default(false),
  count: z.int().min(1).max(1_000_000).default(1_000),
  seconds: z.int().min(1).max(3_600).default(60),
});

/** Something that happened to a stanza, as an operator is told of it. */
export interface TraceLine {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event:
    | 'received'
    | 'arrived'
    | 'changed'
    | 'stored'
    | 'dropped'
    | 'rejected'
    | 'done'
    | 'sent';
  /** `incoming message store`; null where it is about no stage. */
  readonly stage: string | null;
  /** Null for the server itself. */
  readonly module: string | null;
  /** The session that it is from or was written to; null where that says nothing. */
  readonly session: string | null;
  /** Why it was dropped; of a rejection, the condition and perhaps a text. */
  readonly why: string | null;
  readonly stanza: string;
  /** Events before this one that were too many. */
  readonly skipped?: number;
}

export interface TraceEnd {
  readonly events: number;
  readonly skipped: number;
  readonly ended: 'time' | 'count';
}

/** The command that lets operators look on. It goes on until time or count are over. */
export function traceCommands(
  server: Server,
  { clock, log }: { clock: Clock; log: Log },
): AdminCommand[] {
  let tracers = 0;
  return [
    adminCommand({
      name: 'trace',
      summary: 'Tells what happens to the stanzas of an account, as it happens.',
      params,
      async run({ jid, ...options }, signal) {
        const owner = await ownerOf(server, jid);
        if (tracers >= MAX_TRACERS) {
          throw new AdminError('failed', 'Too many look on already.', 'End one of the others.');
        }
        log.info({ jid: owner, bodies: options.bodies }, 'an operator traces an account');
        const tracer = new Tracer(options, clock);
        tracers++;
        const stop = server.tracing.listen(owner, tracer.hear);
        return tracer.lines(signal, () => {
          tracers--;
          stop();
          log.info({ jid: owner }, 'the trace of an account has ended');
        });
      },
    }),
  ];
}

async function ownerOf(server: Server, text: string): Promise<string> {
  const domains = [...server.hosts].map(({ host }) => host.domain);
  const jid = accountAddress(text, domains);
  const account = await server.find(jid.domain)!.host.accounts.find(jid.local);
  if (!account) throw new AdminError('not-found', `There is no account ${jid}.`);
  return account.owner;
}

/** What one operator is told, within bounds of rate, count and time. */
class Tracer {
  readonly #options: { bodies: boolean; count: number; seconds: number };
  readonly #clock: Clock;
  #waiting: TraceLine[] = [];
  #wake = () => {};
  #isOver = false;
  #told = 0;
  #skipped = 0;
  #skippedNow = 0;
  #second = 0;
  #inSecond = 0;

  constructor(options: { bodies: boolean; count: number; seconds: number }, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  readonly hear = (event: TraceEvent, stanza: Stanza): void => {
    if (this.#told >= this.#options.count) return;
    if (this.#isTooMuch()) {
      this.#skipped++;
      this.#skippedNow++;
      return;
    }
    this.#told++;
    const text = stanzaText(stanza, this.#options.bodies);
    const skipped = this.#skippedNow > 0 ? { skipped: this.#skippedNow } : {};
    this.#skippedNow = 0;
    this.#waiting.push({ time: this.#clock.now(), ...factsOf(event), stanza: text, ...skipped });
    this.#wake();
  };

  /** Ends with time, count or `signal`, and then calls `stop`. */
  async *lines(signal: AbortSignal, stop: () => void): AsyncGenerator<TraceLine, TraceEnd> {
    const end = () => {
      this.#isOver = true;
      this.#wake();
    };
    const cancel = this.#clock.after(this.#options.seconds * SECOND, end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      let given = 0;
      while (given < this.#options.count) {
        const line = this.#waiting.shift();
        if (line) {
          given++;
          yield line;
        } else if (this.#isOver) return this.#end('time');
        else await this.#more();
      }
      return this.#end('count');
    } finally {
      signal.removeEventListener('abort', end);
      cancel();
      stop();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #isTooMuch(): boolean {
    const second = Math.floor(this.#clock.now() / SECOND);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    this.#inSecond++;
    return this.#inSecond > MAX_RATE || this.#waiting.length >= MAX_WAITING;
  }

  #end(ended: TraceEnd['ended']): TraceEnd {
    return { events: this.#told, skipped: this.#skipped, ended };
  }
}

type Facts = Pick<TraceLine, 'event' | 'stage' | 'module' | 'session' | 'why'>;

function factsOf(event: TraceEvent): Facts {
  const nothing = { stage: null, module: null, session: null, why: null };
  switch (event.what) {
    case 'sent':
      return { ...nothing, event: 'sent', session: event.session };
    case 'outcome': {
      const { session, outcome } = event;
      if (outcome.kind === 'done') return { ...nothing, event: 'done', session };
      const verdict = outcome.kind === 'error' ? { reject: outcome.error } : { drop: outcome.why };
      return { ...nothing, session, ...factsOfVerdict(verdict) };
    }
    case 'stopped':
      return { ...nothing, ...placeOf(event), ...factsOfVerdict(event.verdict) };
    default:
      return { ...nothing, ...placeOf(event), event: event.what };
  }
}

function placeOf({ place }: Extract<TraceEvent, { place: unknown }>) {
  const { direction, kind, stage, module } = place;
  return { stage: `${direction} ${kind} ${stage}`.trim(), module: module || null };
}

function factsOfVerdict(verdict: Verdict): Pick<Facts, 'event' | 'why'> {
  if ('drop' in verdict) return { event: 'dropped', why: verdict.drop };
  return { event: 'rejected', why: describeError(verdict.reject) };
}

function describeError({ condition, text }: StanzaError): string {
  return text ? `${condition}: ${text}` : condition;
}
