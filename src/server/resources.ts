import { createHmac } from 'node:crypto';
import { randomText } from '../lib/random.ts';
import type { BindRequest } from '../stream/ports.ts';
import { JidError, prepareResource } from '../xmpp/jid.ts';

/** Bytes that make a resource hard to guess, and unlike any other. */
const OPAQUE_BYTES = 9;

/** Chooses resources for the clients of one host. */
export class Resources {
  readonly #secret: Buffer;

  /** `secret` is the host's; what is chosen has a key of its own, made from that. */
  constructor(secret: Buffer) {
    this.#secret = createHmac('sha256', secret).update('resources').digest();
  }

  /**
   * The client's tag, then what tells nothing to anybody: the same each time for
   * one account, tag and installation, so that others see one device come back
   * (XEP-0386 §3.2.1). A tag that no resource can have is left out.
   */
  choose(username: string, { tag, userAgent }: BindRequest): string {
    const opaque = userAgent ? this.#stable(username, tag, userAgent) : randomText(OPAQUE_BYTES);
    try {
      return tag ? prepareResource(`${tag}/${opaque}`) : opaque;
    } catch (error) {
      if (error instanceof JidError) return opaque;
      throw error;
    }
  }

  #stable(...facts: string[]): string {
    const hash = createHmac('sha256', this.#secret).update(facts.join('\0'));
    return hash.digest().toString('base64url', 0, OPAQUE_BYTES);
  }
}
