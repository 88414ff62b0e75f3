import { createHash } from 'node:crypto';
import { slot } from '../../lib/token.ts';
import type { Session } from '../../server/session.ts';

/** Messages of one session that are remembered; of what comes beyond it sees both. */
const MAX_MESSAGES = 1000;

/**
 * How many copies a session has had of each message that was stored at the same time
 * for whoever becomes available: it must not get them again when that is itself.
 */
const EarlyCopies = slot<Map<string, number>>('copies of what waits', {
  encode: (copies) => [...copies],
  decode: (entries) => new Map(entries as [string, number][]),
});

/** `text` is the message as it is stored. */
export function noteEarlyCopy(session: Session, text: string): void {
  const copies = session.get(EarlyCopies) ?? new Map<string, number>();
  const key = digest(text);
  if (copies.size >= MAX_MESSAGES && !copies.has(key)) return;
  copies.set(key, (copies.get(key) ?? 0) + 1);
  session.set(EarlyCopies, copies);
}

/** Whether the session has had a copy of what was stored, which then counts no more. */
export function takeEarlyCopy(session: Session, text: string): boolean {
  const copies = session.get(EarlyCopies);
  if (!copies?.size) return false;
  const key = digest(text);
  const count = copies.get(key) ?? 0;
  if (count > 1) copies.set(key, count - 1);
  else copies.delete(key);
  return count > 0;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
