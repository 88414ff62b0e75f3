import { z } from 'zod';
import { AdminError } from '../../server/admin/command.ts';
import { type AccountCommand, accountCommand } from '../../server/module.ts';
import {
  type ArchivedMessage,
  type ArchivePage,
  type ArchiveStore,
  timeOfId,
} from '../../storage/archive-port.ts';
import type { Owner } from '../../storage/ports.ts';
import { formatDateTime } from '../../xmpp/date-time.ts';
import { Jid, JidError } from '../../xmpp/jid.ts';
import { NS } from '../../xmpp/ns.ts';
import { readStoredStanza } from '../../xmpp/stanza.ts';

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

/** Messages as they are in the archive; `next` is the `after` of the next page, null for none. */
export interface ExportedMessages {
  readonly messages: readonly { readonly time: string; readonly stanza: string }[];
  readonly next: number | null;
}

/** What operators do with the archive of one account. */
export function archiveCommands(
  archive: ArchiveStore,
  domain: string,
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
      run: async ({ owner }, { after, with: peer }) =>
        exported(await readPage(archive, owner, { after, ...conversation(peer) })),
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

function exported({ messages, isComplete }: ArchivePage): ExportedMessages {
  return {
    messages: messages.map(({ id, stanza }) => ({ time: timeOf(id), stanza })),
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
