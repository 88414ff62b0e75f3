import { XmlError } from '../../xml/frame.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { JidError } from '../../xmpp/jid.ts';

/** A piece of an account cannot be taken over; the message says why. */
export class LeftOutError extends Error {}

const EXPECTED = [LeftOutError, XmlError, JidError, StanzaError];

/** What `read` makes, or null and a line of what was left out. */
export function attempt<T>(leftOut: string[], what: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!EXPECTED.some((type) => error instanceof type)) throw error;
    leftOut.push(`${what}: ${(error as Error).message}`);
    return null;
  }
}
