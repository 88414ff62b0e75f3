import { z } from 'zod';
import { duration, size } from '../../server/config/quantities.ts';
import type { UploadLimits, UploadPurpose } from '../../storage/upload-port.ts';
import type { SlotRequest } from './codec.ts';

/** Slots of one account whose files have not come. */
const MAX_SLOTS = 20;

const bytes = (min: string) => size({ min, max: '100000 GiB' });

export const uploadConfig = z.strictObject({
  maxFileSize: bytes('1 KiB').prefault('100 MiB').describe('Of one file.'),
  quota: bytes('1 KiB').prefault('1 GiB').describe('Of all files of one account.'),
  dailyLimit: bytes('1 KiB')
    .prefault('100 GiB')
    .describe('Of what all accounts of the host upload in one day (UTC).'),
  expireAfter: duration({ min: '1h', max: '3650d' })
    .prefault('30d')
    .describe('How long a file is kept that came with a message.'),
  slotsPerMinute: z
    .int()
    .min(1)
    .max(10_000)
    .default(60)
    .describe('How many files one account may begin to upload in a minute.'),
  profile: z
    .strictObject({
      maxFileSize: bytes('1 KiB').prefault('1 MiB').describe('Of one file.'),
      quota: bytes('1 KiB')
        .prefault('10 MiB')
        .describe('Of those of one account; where there are more, the oldest go.'),
    })
    .prefault({})
    .describe('Files such as avatars, which do not expire.'),
  permanent: z
    .strictObject({
      quota: bytes('0 B')
        .prefault('100 MiB')
        .describe('Of those of one account; `0 B` does not offer it.'),
    })
    .prefault({})
    .describe('Files such as pictures in blogs, which do not expire.'),
});

export type UploadConfig = z.output<typeof uploadConfig>;

/** What the operator wants of uploads, by their purposes (XEP-0363 §5). */
export class UploadRules {
  /** Bytes of the largest file for any purpose. */
  readonly maxFileSize: number;
  readonly purposes: readonly UploadPurpose[];
  readonly #config: UploadConfig;

  constructor(config: UploadConfig) {
    const { maxFileSize, quota, dailyLimit, permanent } = config;
    this.#config = config;
    this.maxFileSize = Math.min(maxFileSize, quota, dailyLimit);
    const permanents = permanent.quota > 0 ? (['permanent'] as const) : [];
    this.purposes = ['message', 'profile', 'ephemeral', ...permanents];
  }

  maxFileSizeFor(purpose: UploadPurpose): number {
    const { profile } = this.#config;
    const own = purpose === 'profile' ? profile.maxFileSize : this.maxFileSize;
    return Math.min(own, this.maxFileSize, this.#quotaFor(purpose));
  }

  limitsFor(purpose: UploadPurpose): UploadLimits {
    const { quota, dailyLimit } = this.#config;
    const purposeQuota = this.#quotaFor(purpose);
    const makesRoom = purpose === 'profile';
    return { quota, purposeQuota, makesRoom, slots: MAX_SLOTS, daily: dailyLimit };
  }

  /** When a file goes that is uploaded now; null: never. */
  expiryOf({ purpose, expireBefore }: SlotRequest, now: number): number | null {
    if (purpose === 'profile' || purpose === 'permanent') return null;
    return Math.min(expireBefore ?? Number.POSITIVE_INFINITY, now + this.#config.expireAfter);
  }

  #quotaFor(purpose: UploadPurpose): number {
    const { quota, profile, permanent } = this.#config;
    if (purpose === 'profile') return profile.quota;
    return purpose === 'permanent' ? permanent.quota : quota;
  }
}
