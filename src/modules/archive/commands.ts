import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { AdminError } from '../../server/admin/command.ts';
import { type AccountCommand, accountCommand } from '../../server/module.ts';
import {
  type ArchivedMessage,
  type ArchiveId,
  type ArchivePage,
  type ArchiveStore,
  timeOfId,
} from '../../storage/archive-port.ts';
import type { Durability, Owner } from '../../storage/ports.ts';
import { formatDateTime } from '../../xmpp/date-time.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { readStoredStanza } from '../../xmpp/stanza.ts';
import { adopt, adoptionParams } from './adoption.ts';
import type { ArchiveIds } from './ids.ts';

/** Messages in one answer to `archive.export`: some 100 KB. */
const PAGE = 250;

const address = z.string().max(4_096).optional();
const search = z.strictObject({
  text: z.string().min(1).max(4_096),
  with: address,
  limit: z.int().min(1).max(500).default(50),
});
const page = z.strictObject({ after: z.int().nonnegative().optional(), with: address });

/** A message of an archive as operators see it. */
export interface MessageFacts {
  /** Date and time in UTC (XEP-0082). */
  readonly time: string;
  readonly from: string;
  readonly to: string;
  /** What people read of it; null for none, or where it is encrypted. */
  readonly body: string | null;
}

export interface ExportedMessage {
  /** As clients know it. */
  readonly id: string;
  readonly time: string;
  readonly stanza: string;
}

/** Messages as they are in the archive; `next` is the `after` of the next page, null for none. */
export interface ExportedMessages {
  readonly messages: readonly ExportedMessage[];
  readonly next: number | null;
}

export interface ArchiveCommandDeps {
  readonly archive: ArchiveStore;
  readonly durability: Durability;
  readonly ids: ArchiveIds;
  readonly clock: Clock;
  readonly domain: string;
}

/** What operators do with the archive of one account. */
export function archiveCommands(
  { archive, durability, ids, clock, domain }: ArchiveCommandDeps,
  config: { readonly search: boolean },
): AccountCommand[] {
  return [
    accountCommand({
      name: 'archive.search',
      summary: 'Finds messages of an account by what they say, the best first.',
      params: search,
      run: async (account, { text, limit, with: peer }) => {
        if (!config.search) throw searchIsOff(domain);
        const found = await archive.search(account.owner, { text, limit, ...conversation(peer) });
        return { messages: found.map(factsOf) };
      },
    }),
    accountCommand({
      name: 'archive.export',
      summary: "Gives an account's messages a page at a time, the oldest first.",
      params: page,
      run: async (account, { after, with: peer }) => {
        await ids.ready;
        const page = await readPage(archive, account.owner, { after, ...conversation(peer) });
        return exported(page, (id) => ids.write(account, id));
      },
    }),
    accountCommand({
      name: 'archive.import',
      summary: "Puts messages that came elsewhere into an account's archive, the oldest first.",
      params: adoptionParams,
      run: (account, { messages }) =>
        adopt(account, messages, { archive, durability, now: clock.now() }),
    }),
  ];
}

function searchIsOff(domain: string): AdminError {
  return new AdminError(
    'failed',
    `The archives of ${domain} are not searched: modules.archive.search is false.`,
    'Set it to true and run `epode reload`; what is there already is found a little later.',
  );
}

/** Where the last message of the page before has gone meanwhile, by its time. */
async function readPage(
  archive: ArchiveStore,
  owner: Owner,
  { after, ...filter }: { after: number | undefined; with?: string },
): Promise<ArchivePage> {
  const page = { limit: PAGE, direction: 'forward', wantsCount: false } as const;
  if (after === undefined) return await archive.page(owner, { ...filter, page });
  const next = await archive.page(owner, { ...filter, page: { ...page, after } });
  if (next.unknown === null) return next;
  return await archive.page(owner, { ...filter, page, start: timeOfId(after) });
}

function exported(
  { messages, isComplete }: ArchivePage,
  write: (id: ArchiveId) => string,
): ExportedMessages {
  return {
    messages: messages.map(({ id, stanza }) => ({ id: write(id), time: timeOf(id), stanza })),
    next: isComplete ? null : (messages.at(-1)?.id ?? null),
  };
}

/** @throws {AdminError} bad-address */
function conversation(peer: string | undefined): { with?: string } {
  if (peer === undefined) return {};
  try {
    return { with: Jid.parse(peer).bareString };
  } catch (error) {
    if (error instanceof JidError) throw new AdminError('bad-address', error.message);
    throw error;
  }
}

function factsOf({ id, stanza }: ArchivedMessage): MessageFacts {
  const message = readStoredStanza(stanza);
  return {
    time: timeOf(id),
    from: String(message.from ?? ''),
    to: String(message.to ?? ''),
    body: message.child('body', NS.client)?.getText() ?? null,
  };
}

function timeOf(id: number): string {
  return formatDateTime(timeOfId(id));
}
