import type { AdminAnswer, AdminBit } from '../server/admin/dispatch.ts';
import type { TraceEnd, TraceLine } from '../server/admin/trace.ts';
import type { Config } from '../server/config/config.ts';
import { streamControl } from '../transports/control.ts';
import { resultOf } from './admin.ts';
import { count, printable } from './text.ts';
import { checkAccount } from './users.ts';

const SECOND = 1_000;

export interface TraceOptions {
  readonly bodies: boolean;
  readonly count: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly isJson: boolean;
}

/**
 * Writes what happens to the stanzas of an account, line by line as it happens: words
 * for people, or JSON.
 */
export async function traceAccount(
  config: Config,
  jid: string,
  { bodies, count: most, duration, isJson }: TraceOptions,
  write: (line: string) => void,
): Promise<void> {
  const seconds = Math.max(1, Math.round(duration / SECOND));
  const params = { jid: checkAccount(config, jid), bodies, count: most, seconds };
  const timeout = (seconds + 60) * SECOND;
  for await (const answer of streamControl(config.controlSocket, 'trace', params, timeout)) {
    const each = answer as AdminAnswer | AdminBit;
    if ('next' in each) {
      const line = each.next as TraceLine;
      write(isJson ? JSON.stringify(line) : describe(line));
      continue;
    }
    const end = resultOf<TraceEnd>(each);
    if (!isJson) write(describeEnd(end));
    return;
  }
}

/** `12:00:01.250  dropped   by blocking, incoming message check: why` and the stanza below it. */
function describe({
  time,
  event,
  stage,
  module,
  session,
  why,
  stanza,
  skipped,
}: TraceLine): string {
  const at = new Date(time).toISOString().slice(11, 23);
  const by = module === null ? '' : `by ${module}, `;
  const place = stage === null ? (session ?? '') : `${by}${stage}`;
  const line = `${at}  ${event.padEnd(8)}  ${place}${why === null ? '' : `: ${why}`}`;
  const gap = skipped === undefined ? [] : [`… ${count(skipped, 'event')} left out: too many`];
  return [...gap, line, `              ${stanza}`].map(printable).join('\n');
}

function describeEnd({ events, skipped, ended }: TraceEnd): string {
  const left = skipped === 0 ? '' : `, ${skipped} more were too many`;
  const more = ended === 'count' ? ' More: --count' : ' Longer: --for';
  return `${count(events, 'event')}${left}.${more}`;
}
