import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { TokenBucket } from '../../lib/token-bucket.ts';
import type { Account } from '../../server/accounts.ts';
import type { Upload, UploadStore } from '../../storage/upload-port.ts';
import { StanzaError } from '../../xmpp/errors.ts';
import { fileTooLarge, notNow, type SlotRequest } from './codec.ts';
import { encodeFileName } from './file-name.ts';
import type { UploadRules } from './rules.ts';
import type { Signer } from './signer.ts';

/** Milliseconds in which the file has to begin to come (XEP-0363 §8). */
const SLOT_LIFETIME = 300_000;
const DAY = 86_400_000;

/** Where to put a file, and where it is then. */
export interface SlotUrls {
  readonly put: string;
  readonly get: string;
}

interface Deps {
  readonly uploads: UploadStore;
  readonly rules: UploadRules;
  readonly signer: Signer;
  readonly clock: Clock;
  /** `https://example.org/upload/` */
  readonly baseUrl: string;
  readonly slotsPerMinute: number;
}

/** Gives slots (XEP-0363 §4), as far as there is room. */
export class Slots {
  readonly #deps: Deps;
  readonly #paces = new WeakMap<Account, TokenBucket>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Throws `StanzaError`, as XEP-0363 §6 says. */
  async give(account: Account, request: SlotRequest): Promise<SlotUrls> {
    const { rules, uploads } = this.#deps;
    const { purpose } = request;
    this.#assertPace(account);
    if (!rules.purposes.includes(purpose)) throw new StanzaError('feature-not-implemented');
    const maxFileSize = rules.maxFileSizeFor(purpose);
    if (request.size > maxFileSize) throw fileTooLarge(maxFileSize);
    const slot = this.#make(account, request);
    if (await uploads.reserve(slot, rules.limitsFor(purpose))) return await this.#urlsOf(slot);
    throw await this.#refusalOf(slot);
  }

  #assertPace(account: Account): void {
    const { clock, slotsPerMinute } = this.#deps;
    const now = clock.now();
    const rate = { perSecond: slotsPerMinute / 60, burst: slotsPerMinute };
    const pace = this.#paces.get(account) ?? new TokenBucket(rate, now);
    this.#paces.set(account, pace);
    const wait = pace.waitFor(1, now);
    if (wait > 0) throw notNow('Too many files at once.', now + wait);
    pace.take(1, now);
  }

  #make({ owner }: Account, request: SlotRequest): Upload {
    const { name, size, type, purpose } = request;
    const created = this.#deps.clock.now();
    const expires = this.#deps.rules.expiryOf(request, created);
    if (expires !== null && expires <= created) {
      throw new StanzaError('not-acceptable', 'expire-before has passed');
    }
    const id = randomBytes(16).toString('hex');
    const deadline = created + SLOT_LIFETIME;
    return { id, owner, name, type, size, purpose, created, expires, deadline };
  }

  async #urlsOf(slot: Upload): Promise<SlotUrls> {
    const get = `${this.#deps.baseUrl}${slot.id}/${encodeFileName(slot.name)}`;
    return { put: `${get}?slot=${await this.#deps.signer.sign(slot)}`, get };
  }

  /** What there is too much of, and until when. */
  async #refusalOf({ owner, purpose, size, created }: Upload): Promise<StanzaError> {
    const { uploads, rules } = this.#deps;
    const limits = rules.limitsFor(purpose);
    const usage = await uploads.usage(owner, purpose, created);
    if (usage.slots >= limits.slots) {
      return notNow('Too many files are on their way.', usage.nextDeadline);
    }
    if (usage.daily + size > limits.daily) {
      return notNow('The server takes no more files today.', nextDay(created));
    }
    const surplus = usage.bytes + size - limits.quota;
    const purposeSurplus = usage.purposeBytes + size - limits.purposeQuota;
    const freed =
      surplus > 0
        ? await uploads.whenFreed(owner, surplus, null)
        : await uploads.whenFreed(owner, Math.max(1, purposeSurplus), purpose);
    return notNow(`Your files may have ${limits.quota} bytes together.`, freed);
  }
}

function nextDay(now: number): number {
  return (Math.floor(now / DAY) + 1) * DAY;
}
