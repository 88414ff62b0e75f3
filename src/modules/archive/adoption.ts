import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Account } from '../../server/accounts.ts';
import { type ArchiveStore, firstIdAt, type NewMessage } from '../../storage/archive-port.ts';
import { type Durability, NO_TICKET } from '../../storage/ports.ts';
import { buildChild } from '../../xml/element.ts';
import { XmlError } from '../../xml/frame.ts';
import { parseFrame } from '../../xml/parse.ts';
import { parseDateTime } from '../../xmpp/date-time.ts';
import { StanzaError, StreamError } from '../../xmpp/errors.ts';
import { NS } from '../../xmpp/ns.ts';
import { readStanza, type Stanza } from '../../xmpp/stanza.ts';
import { isOfArchivedType } from './eligibility.ts';

/** Messages of one call. */
export const MAX_ADOPTED = 250;
/** Messages between which nobody else has a turn: some 2 ms. */
const STRETCH = 50;
/** Bytes; larger ones no client could read. */
const MAX_STANZA = 262_144;

const message = z.strictObject({
  /** Date and time in UTC (XEP-0082). */
  time: z.string().max(100),
  stanza: z.string().max(1_048_576),
});
export const adoptionParams = z.strictObject({ messages: z.array(message).max(MAX_ADOPTED) });

/** A message that came elsewhere. */
export type OldMessage = z.output<typeof message>;

/** What became of them. */
export interface Adoption {
  readonly adopted: number;
  /** Why the others are left out, a line for each. */
  readonly leftOut: readonly string[];
}

/** A message cannot be taken over; the message says why. */
class LeftOutError extends Error {}

/** Puts messages into an account's archive, the oldest first; resolves when they are on disk. */
export async function adopt(
  account: Account,
  messages: readonly OldMessage[],
  { archive, durability, now }: { archive: ArchiveStore; durability: Durability; now: number },
): Promise<Adoption> {
  const leftOut: string[] = [];
  let ticket = NO_TICKET;
  for (const [index, each] of messages.entries()) {
    if (index % STRETCH === 0) await turn();
    try {
      const time = readTime(each.time, now);
      ticket = archive.adopt(account.owner, readMessage(account, each.stanza), time);
    } catch (error) {
      leftOut.push(`a message of ${each.time}: ${reasonOf(error)}`);
    }
  }
  await durability.whenCommitted(ticket);
  return { adopted: messages.length - leftOut.length, leftOut };
}

function reasonOf(error: unknown): string {
  const isExpected = [LeftOutError, XmlError, StanzaError, StreamError].some(
    (type) => error instanceof type,
  );
  if (isExpected) return (error as Error).message;
  throw error;
}

/** Ids hold the time, from 2024 on. */
function readTime(written: string, now: number): number {
  const time = parseDateTime(written);
  if (time === null) throw new LeftOutError('its time is none');
  if (firstIdAt(time) === 0) throw new LeftOutError('archives here begin with 2024');
  if (time > now) throw new LeftOutError('it is of the future');
  return time;
}

/** It counts as read. */
function readMessage({ jid, owner }: Account, text: string): NewMessage {
  const frame = parseFrame(text);
  if (frame.name !== 'message' || frame.xmlns !== NS.client) throw new LeftOutError('it is none');
  const stanza = readStanza(frame);
  if (!isOfArchivedType(stanza)) throw new LeftOutError(`it is of type ${stanza.type}`);
  const whole = withoutIds(stanza.stamped(stanza.from ?? jid, stanza.to ?? jid), owner);
  const [from, to] = [whole.from!.bareString, whole.to!.bareString];
  if (from !== owner && to !== owner) throw new LeftOutError("it is of others' conversation");
  const written = whole.toText(NS.client);
  if (Buffer.byteLength(written) > MAX_STANZA) throw new LeftOutError('it is too large');
  const peer = from === owner ? to : from;
  return { peer, sender: from, reference: whole.id, counts: 'neither', stanza: written };
}

/** Where it comes from, its ids were others. */
function withoutIds(stanza: Stanza, owner: string): Stanza {
  const { content } = stanza;
  const isOwn = (child: (typeof content.children)[number]) =>
    child.name === 'stanza-id' &&
    child.xmlns === NS.stanzaId &&
    buildChild(content, child).attrs.by === owner;
  return content.children.some(isOwn) ? stanza.edit({ drop: isOwn }) : stanza;
}
