import { AdminError } from '../../server/admin/command.ts';
import type { StoredScramKeys, UserRecord, WholeAccount } from '../../storage/ports.ts';
import { bcryptCost, MAX_BCRYPT_COST } from '../../stream/sasl/bcrypt.ts';
import { HASH_LENGTHS } from '../../stream/sasl/hashing.ts';
import { Jid } from '../../xmpp/jid.ts';
import { prepareStoredPassword } from '../../xmpp/saslprep.ts';
import { readCard } from '../vcard/card.ts';
import { NS_VCARD } from '../vcard/photo.ts';
import { attempt, LeftOutError } from './left-out.ts';
import { BOUNDS, type CheckedAccount } from './portable-account.ts';
import { parsePiece, readMessage, readPrivateElement } from './read-pieces.ts';
import { readContacts } from './read-roster.ts';

const HASHES = ['SHA-1', 'SHA-256', 'SHA-512'] as const;
const NICKNAME_LENGTH = 255;

/** An account as it can be stored, and what it had to come without. */
export interface ReadAccount {
  /** Without keys where there is a password to make them from. */
  readonly account: WholeAccount;
  readonly leftOut: readonly string[];
}

/**
 * Makes an account of what came from elsewhere, as of `now` in milliseconds since
 * 1970. Throws `AdminError` and `SaslprepError` for what cannot be an account;
 * anything less than that is left out.
 */
export function readAccount(jid: Jid, from: CheckedAccount, now: number): ReadAccount {
  const leftOut: string[] = [];
  const { keys, imported } = readCredentials(from);
  const card = attempt(leftOut, 'vCard', () => readVcard(from.vcard));
  const nickname = nicknameOf(from.nickname) ?? card?.nickname ?? null;
  const user: UserRecord = {
    owner: jid.toString(),
    nickname,
    isDisabled: from.disabled,
    created: now,
    lastLogin: null,
    imported,
    source: null,
  };
  const account: WholeAccount = {
    user,
    keys,
    avatar: card?.avatar ?? null,
    roster: readContacts(jid, from, now, leftOut),
    offline: readOffline(jid, from.offline, now, leftOut),
    blocked: readBlocked(from.blocked, leftOut),
    privateXml: readPrivate(from.private, leftOut),
    vcard: card?.record ?? null,
  };
  return { account, leftOut };
}

/** What verifies the password: exactly one of a password, a hash and SCRAM keys. */
function readCredentials({ password, hash, scram }: CheckedAccount): {
  keys: readonly StoredScramKeys[];
  imported: string | null;
} {
  // Servers that know the password export keys beside it; then it is the better one.
  if (password !== undefined) {
    prepareStoredPassword(password);
    return { keys: [], imported: null };
  }
  if (scram && scram.length > 0) {
    const keys = scram.map(readKeys);
    const hashes = HASHES.filter((hash) => keys.some((each) => each.hash === hash));
    if (hashes.length < keys.length) throw refusal('two SCRAM keys are of one mechanism');
    return { keys, imported: hashes.length === HASHES.length ? null : hashes.join(' ') };
  }
  if (hash !== undefined) return { keys: [], imported: checkHash(hash) };
  throw refusal('there is no password, hash or SCRAM key');
}

function readKeys(from: NonNullable<CheckedAccount['scram']>[number]): StoredScramKeys {
  const hash = from.mechanism.slice('SCRAM-'.length) as StoredScramKeys['hash'];
  const [salt, storedKey, serverKey] = [from.salt, from.storedKey, from.serverKey].map((text) =>
    Buffer.from(text, 'base64'),
  ) as [Buffer, Buffer, Buffer];
  const length = HASH_LENGTHS[hash];
  if (storedKey.length !== length || serverKey.length !== length) {
    throw refusal(`keys of ${from.mechanism} have ${length} bytes`);
  }
  return { hash, iterations: from.iterations, salt, storedKey, serverKey };
}

function checkHash(hash: string): string {
  const cost = bcryptCost(hash);
  if (cost === null) throw refusal('the hash is not bcrypt ($2a$, $2b$ or $2y$)');
  if (cost <= MAX_BCRYPT_COST) return hash;
  throw refusal(`a hash of cost ${cost} takes too long to check; at most ${MAX_BCRYPT_COST}`);
}

function refusal(message: string): AdminError {
  return new AdminError('failed', message);
}

/** In one line; null for none. */
function nicknameOf(text = ''): string | null {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line === '' ? null : [...line].slice(0, NICKNAME_LENGTH).join('');
}

function readVcard(text: string | undefined) {
  if (text === undefined) return null;
  const card = parsePiece(text);
  if (!card.is('vCard', NS_VCARD)) throw new LeftOutError('it is none');
  return readCard(card, { maxSize: BOUNDS.vcardBytes, maxPhoto: BOUNDS.vcardBytes });
}

function readOffline(jid: Jid, texts: readonly string[], now: number, leftOut: string[]) {
  let bytes = 0;
  const found = texts.flatMap((text) => {
    const message = attempt(leftOut, 'offline message', () => readMessage(jid, text, now));
    if (!message) return [];
    bytes += Buffer.byteLength(message.stanza);
    return bytes > BOUNDS.offlineBytes ? [] : [message];
  });
  const kept = found.slice(0, BOUNDS.offlineMessages);
  const isTooMuch = bytes > BOUNDS.offlineBytes || kept.length < found.length;
  if (isTooMuch) leftOut.push(`offline messages beyond the first ${kept.length}`);
  return kept;
}

function readPrivate(texts: readonly string[], leftOut: string[]): WholeAccount['privateXml'] {
  const byName = new Map<string, WholeAccount['privateXml'][number]>();
  let bytes = 0;
  for (const text of texts) {
    const piece = attempt(leftOut, 'private XML', () => readPrivateElement(text));
    if (!piece) continue;
    bytes += Buffer.byteLength(piece.xml);
    const isTooMuch = bytes > BOUNDS.privateBytes || byName.size >= BOUNDS.privateElements;
    if (isTooMuch) leftOut.push(`private XML ${piece.name.name}: too much`);
    else byName.set(`${piece.name.name} ${piece.name.xmlns}`, piece);
  }
  return [...byName.values()];
}

function readBlocked(texts: readonly string[], leftOut: string[]): readonly string[] {
  const read = (text: string) => attempt(leftOut, 'blocked address', () => Jid.parse(text));
  const jids = new Set(texts.flatMap((text) => read(text)?.toString() ?? []));
  if (jids.size > BOUNDS.blocked) leftOut.push(`blocked addresses beyond ${BOUNDS.blocked}`);
  return [...jids].slice(0, BOUNDS.blocked);
}
