import { StorageError, type Ticket } from '../ports.ts';
import type { Change } from './tables.ts';

/** Changes on their way to the writer thread: those of one turn of the event loop, or of several. */
export interface Batch {
  readonly ticket: Ticket;
  readonly changes: readonly Change[];
}

/** What the main thread tells the writer; null: commit what you have, and end. */
export type Order = Batch | null;

/** What the writer tells the main thread. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'committed'; readonly ticket: Ticket; readonly refused: readonly number[] }
  | {
      readonly kind: 'failed';
      readonly code: StorageError['code'];
      readonly message: string;
      readonly mend: string;
    };

/** An error as data: its class does not cross between threads. */
export function reportFailure({ code, message, mend }: StorageError): Report {
  return { kind: 'failed', code, message, mend };
}

export function readFailure(report: Extract<Report, { kind: 'failed' }>): StorageError {
  return new StorageError(report.code, report.message, report.mend);
}
