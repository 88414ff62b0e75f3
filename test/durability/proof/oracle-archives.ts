import type { Archived, Message } from './history.ts';
import type { Indexed, Violation } from './oracle.ts';

/** What the archives say by themselves: each message once, in order, in both or in neither. */
export function judgeArchives(indexed: Indexed): Violation[] {
  const { archives } = indexed.history;
  if (!archives) return [];
  return [
    ...[...archives].flatMap(([account, entries]) => judgeOne(indexed, account, entries)),
    ...judgeBoth(indexed, archives),
  ];
}

function judgeOne(
  { messages }: Indexed,
  account: string,
  entries: readonly Archived[],
): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  const say = (kind: Violation['kind'], id: string, what: string) =>
    violations.push({ kind, id, text: `the archive of ${account} has ${id} ${what}` });
  for (const { id } of entries) {
    const message = messages.get(id);
    if (!message) say('never sent', id, 'which nobody has sent');
    else if (seen.has(id)) say('doubled in an archive', id, 'more than once');
    else judgePlace(message, newest, say);
    seen.add(id);
  }
  return violations;
}

function judgePlace(
  { id, sender, receiver, n, isVolatile }: Message,
  newest: Map<string, number>,
  say: (kind: Violation['kind'], id: string, what: string) => void,
): void {
  const pair = `${sender}:${receiver}`;
  const before = newest.get(pair) ?? 0;
  if (n < before) say('reordered', id, `behind number ${before}`);
  newest.set(pair, Math.max(n, before));
  if (isVolatile) say('stored against its mark', id, 'though it asks for no store');
}

function judgeBoth(
  { messages, acknowledgedAt }: Indexed,
  archives: ReadonlyMap<string, readonly Archived[]>,
): Violation[] {
  const violations: Violation[] = [];
  const sets = new Map(
    [...archives].map(([account, entries]) => [account, new Set(entries.map(({ id }) => id))]),
  );
  for (const { id, sender, receiver, isVolatile } of messages.values()) {
    if (isVolatile) continue;
    const missing = [sender, receiver].filter((account) => !sets.get(account)?.has(id));
    if (missing.length === 0) continue;
    const text = `${id} is not in the archive of ${missing.join(' nor of ')}`;
    if (acknowledgedAt.has(id)) violations.push({ kind: 'lost', id, text });
    else if (missing.length === 1) violations.push({ kind: 'in one archive of two', id, text });
  }
  return violations;
}
