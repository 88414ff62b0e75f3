import type { Outgoing } from './outbox.ts';

/** What was written and when, in milliseconds since 1970. */
export interface Posted {
  readonly message: Outgoing;
  readonly time: number;
}

interface Kept {
  readonly jid: string;
  readonly posted: readonly Posted[];
}

const KEY = 'epode.unsent';
/** A tab has a few megabytes for everything. */
const MAX_MESSAGES = 100;
const MAX_CHARACTERS = 500_000;

/** What the server may not have had when this tab was loaded anew; the oldest first. */
export function readUnsent(jid: string): readonly Posted[] {
  const kept = parse(sessionStorage.getItem(KEY));
  if (kept?.jid === jid) return kept.posted;
  forgetUnsent();
  return [];
}

/** Keeps it in this tab alone, and nothing where all is sent. Where it is too much, the oldest go. */
export function keepUnsent(jid: string, all: readonly Posted[]): void {
  for (let posted = all.slice(-MAX_MESSAGES); posted.length > 0; posted = posted.slice(1)) {
    const text = JSON.stringify({ jid, posted } satisfies Kept);
    if (text.length <= MAX_CHARACTERS && store(text)) return;
  }
  forgetUnsent();
}

function forgetUnsent(): void {
  sessionStorage.removeItem(KEY);
}

/** False where the browser has no room. */
function store(text: string): boolean {
  try {
    sessionStorage.setItem(KEY, text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string | null): Kept | null {
  if (text === null) return null;
  try {
    const { jid, posted } = (JSON.parse(text) ?? {}) as Partial<Kept>;
    if (typeof jid !== 'string' || !Array.isArray(posted)) return null;
    return { jid, posted: posted.filter(isPosted) };
  } catch {
    return null;
  }
}

function isPosted({ message, time }: Partial<Posted>): boolean {
  return (
    typeof time === 'number' && [message?.id, message?.to].every((each) => typeof each === 'string')
  );
}
