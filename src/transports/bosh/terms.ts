import type { BodyHeader } from './body.ts';

/** What this server speaks; clients of an older version hear their own (XEP-0124 §7.2). */
const VERSION = { major: 1, minor: 11 };
/** Seconds. */
const MAX_WAIT = 60;
const MAX_HOLD = 9;
export const MAX_PAUSE = 120;
/** Seconds without a request that is held, for those who hold some and for those who poll. */
const INACTIVITY = 30;
const POLLING_INACTIVITY = 60;
/** Seconds between two requests that bring nothing (§11, §12). */
export const POLLING = 2;
export const DEFAULT_CONTENT_TYPE = 'text/xml; charset=utf-8';

/** What a client and the server have agreed on at the session's beginning (§7). Times in seconds. */
export interface BoshTerms {
  readonly wait: number;
  readonly hold: number;
  /** Requests that the client may have under way. */
  readonly requests: number;
  readonly inactivity: number;
  /** '' for a legacy client (§17.1). */
  readonly ver: string;
  readonly contentType: string;
  /** Whether the client tells which responses it has got (§9.2). */
  readonly usesAcks: boolean;
}

/** What becomes of a client's wishes. */
export function agreeOn({ wait, hold, ver, content, ack }: BodyHeader): BoshTerms {
  const held = Math.min(hold ?? 1, MAX_HOLD);
  const waited = Math.min(wait ?? MAX_WAIT, MAX_WAIT);
  return {
    wait: waited,
    hold: held,
    requests: held + 1,
    inactivity: isPolling({ wait: waited, hold: held }) ? POLLING_INACTIVITY : INACTIVITY,
    ver: ver && lower(ver),
    contentType: content || DEFAULT_CONTENT_TYPE,
    usesAcks: ack !== null,
  };
}

/** Whether the client asks at intervals, since nothing may be held for it (§12). */
export function isPolling({ wait, hold }: Pick<BoshTerms, 'wait' | 'hold'>): boolean {
  return wait === 0 || hold === 0;
}

/** Minor versions are integers of their own. */
function lower(ver: string): string {
  const [major = 0, minor = 0] = ver.split('.').map(Number);
  const isLower = major < VERSION.major || (major === VERSION.major && minor < VERSION.minor);
  return isLower ? `${major}.${minor}` : `${VERSION.major}.${VERSION.minor}`;
}
