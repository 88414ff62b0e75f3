import { z } from 'zod';
import { type AccountCommand, accountCommand } from '../../server/module.ts';
import type { Upload, UploadPurpose, UploadStore } from '../../storage/upload-port.ts';

/** Files in one answer. */
const PAGE = 250;

const id = z.string().regex(/^[\da-f]{32}$/, 'must be the id of a file, as the list has it');
const time = z.int().nonnegative();
const page = z.strictObject({ after: z.strictObject({ id, created: time }).optional() });
const filter = z.strictObject({ before: time.optional(), ids: z.array(id).max(1_000).optional() });

/** An uploaded file as operators see it; times are milliseconds since 1970. */
export interface FileFacts {
  readonly id: string;
  readonly name: string;
  /** Media type; '' for unknown. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly purpose: UploadPurpose;
  readonly created: number;
  /** Null: never. */
  readonly expires: number | null;
}

/** A page of files, the newest first; `next` is the `after` of the next one, null for none. */
export interface FilePage {
  readonly files: readonly FileFacts[];
  readonly next: { readonly id: string; readonly created: number } | null;
}

/** What operators do with the files of one account; `sweep` removes what is due. */
export function uploadCommands(uploads: UploadStore, sweep: () => Promise<void>): AccountCommand[] {
  return [
    accountCommand({
      name: 'upload.list',
      summary: "Lists an account's uploaded files a page at a time, the newest first.",
      params: page,
      run: async ({ owner }, { after = null }) => {
        const files = await uploads.list(owner, { after, limit: PAGE });
        return pageOf(files);
      },
    }),
    accountCommand({
      name: 'upload.purge',
      summary: "Removes an account's uploaded files: all, older ones, or those named.",
      params: filter,
      run: async ({ owner }, { before, ids }) => {
        const removed = await uploads.expire(
          owner,
          ids ? { ids } : before === undefined ? {} : { before },
        );
        await sweep();
        return { removed };
      },
    }),
  ];
}

function pageOf(files: readonly Upload[]): FilePage {
  const last = files.at(-1);
  const hasMore = files.length === PAGE && last;
  return {
    files: files.map(({ owner, deadline, ...facts }) => facts),
    next: hasMore ? { id: last.id, created: last.created } : null,
  };
}
