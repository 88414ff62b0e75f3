/** Terminal binding conditions (XEP-0124 §17.2) that this server has a use for. */
export type BoshCondition =
  | 'bad-request'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'item-not-found'
  | 'other-request'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'remote-stream-error'
  | 'system-shutdown';

/** Ends the session that a request belongs to, if any. */
export class BoshError extends Error {
  readonly condition: BoshCondition;

  constructor(condition: BoshCondition, text: string) {
    super(text);
    this.condition = condition;
  }
}

/** What clients hear of some conditions that did not say which version they speak (§17.1). */
const STATUSES: Partial<Record<BoshCondition, number>> = {
  'bad-request': 400,
  'policy-violation': 403,
  'item-not-found': 404,
};

/** The status of the response that tells a condition. */
export function statusOf(condition: BoshCondition | null, isLegacy: boolean): number {
  return (isLegacy && condition && STATUSES[condition]) || 200;
}
