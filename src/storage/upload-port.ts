import type { Maybe } from '../lib/maybe.ts';
import type { BlobKey } from './blob-port.ts';
import type { Owner, Ticket } from './ports.ts';

/** What a file is for (XEP-0363 §5). */
export type UploadPurpose = 'message' | 'profile' | 'ephemeral' | 'permanent';

/** A file that an account has uploaded, or a slot for one that may come. Times are ms since 1970. */
export interface Upload {
  /** Names the file in URLs, and its bytes in the `BlobStore`. */
  readonly id: BlobKey;
  readonly owner: Owner;
  readonly name: string;
  /** Media type; '' where neither the slot nor the file has said one. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly purpose: UploadPurpose;
  /** Of a slot when it was given, of a file when it had come. */
  readonly created: number;
  /** From when on nobody gets the file; null: never. */
  readonly expires: number | null;
  /** Until when the file may come; null once it is there. */
  readonly deadline: number | null;
}

/** How much there may be with a new slot; bytes. */
export interface UploadLimits {
  /** Of all files and slots of the account. */
  readonly quota: number;
  /** Of those for the same purpose. */
  readonly purposeQuota: number;
  /** Whether the oldest files for that purpose go where there are more. */
  readonly makesRoom: boolean;
  /** Slots of the account whose files have not come. */
  readonly slots: number;
  /** Of all accounts of the domain in one day of UTC. */
  readonly daily: number;
}

/** What of an account, and of its domain, counts against limits. */
export interface UploadUsage {
  readonly bytes: number;
  readonly files: number;
  readonly slots: number;
  /** When the first of the slots ends; null for none. */
  readonly nextDeadline: number | null;
  readonly purposeBytes: number;
  /** Of the whole domain on that day. */
  readonly daily: number;
}

/** What is past its time. */
export type DueUpload = Pick<Upload, 'id' | 'size' | 'deadline'>;

/** Which files of an account: all, those that had come before a time, or those named. */
export type UploadFilter =
  | { readonly before?: number; readonly ids?: never }
  | { readonly ids: readonly BlobKey[]; readonly before?: never };

/**
 * What is known of files that accounts have uploaded (XEP-0363); their bytes are elsewhere. With
 * an account its files become due.
 */
export interface UploadStore {
  /** Gives a slot, with its bytes, if there is room; of two at once the second sees the first. */
  reserve(slot: Upload, limits: UploadLimits): Promise<boolean>;
  usage(owner: Owner, purpose: UploadPurpose, now: number): Maybe<UploadUsage>;
  /** When files of that many bytes will have expired; null: never. */
  whenFreed(owner: Owner, bytes: number, purpose: UploadPurpose | null): Maybe<number | null>;
  /** Whose account has been deleted is not found. */
  find(id: BlobKey): Maybe<Upload | null>;
  /** The file of a slot is on disk; false where slot or account is gone meanwhile. */
  complete(
    id: BlobKey,
    file: { readonly type: string; readonly created: number },
  ): Promise<boolean>;
  /** Files, the newest first; `after` is the last of the page before. */
  list(
    owner: Owner,
    page: { readonly after: Pick<Upload, 'id' | 'created'> | null; readonly limit: number },
  ): Maybe<readonly Upload[]>;
  /** All files of a domain. */
  totals(domain: string): Maybe<{ readonly files: number; readonly bytes: number }>;
  /** Makes files due at once, so that nobody gets them; resolves with how many. */
  expire(owner: Owner, filter: UploadFilter): Promise<number>;
  /** Files and slots of a domain that are past their time, the longest first. */
  due(domain: string, now: number, limit: number): Maybe<readonly DueUpload[]>;
  /** Forgets them; their bytes are gone. */
  forget(ids: readonly BlobKey[]): Ticket;
}
