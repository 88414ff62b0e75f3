import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHash,
  type Decipheriv,
} from 'node:crypto';
import { isLater, type Maybe } from '../../lib/maybe.ts';
import { slot } from '../../lib/token.ts';
import type { Account } from '../../server/accounts.ts';
import type { ArchiveId } from '../../storage/archive-port.ts';
import { buildChild } from '../../xml/element.ts';
import { NS } from '../../xmpp/ns.ts';
import type { Stanza } from '../../xmpp/stanza.ts';

/** Bytes of the key that ids are enciphered with. */
export const KEY_LENGTH = 16;
const OWNER_LENGTH = 8;
const BLOCK_LENGTH = 16;
const WIRE_ID = /^[\w-]{22}$/;

/** What stands for the account in the ids of its archive. */
const OwnerPart = slot<Buffer>('owner in archive ids');

/**
 * Archive ids as clients see them. One block of AES, which holds the owner too: they say
 * nothing of how many messages there are or when they came (XEP-0359 §6), cannot be
 * guessed (XEP-0313 §3), and are good for the archive of their owner alone.
 */
export class ArchiveIds {
  #cipher!: Cipheriv;
  #decipher!: Decipheriv;
  readonly #loading: Promise<void> | null = null;
  #isReady = false;

  constructor(key: Maybe<Buffer>) {
    if (isLater(key)) {
      this.#loading = key.then((loaded) => this.#use(loaded));
      // Whoever waits for it hears of a failure.
      this.#loading.catch(() => {});
    } else {
      this.#use(key);
    }
  }

  /** Settles when ids can be written and read, as they can from then on. */
  get ready(): Maybe<void> {
    return this.#isReady ? undefined : (this.#loading as Promise<void>);
  }

  write(account: Account, id: ArchiveId): string {
    const block = Buffer.allocUnsafe(BLOCK_LENGTH);
    ownerPart(account).copy(block);
    block.writeBigUInt64BE(BigInt(id), OWNER_LENGTH);
    return this.#cipher.update(block).toString('base64url');
  }

  /** Null for what is no id of this account's archive. */
  read(account: Account, written: string): ArchiveId | null {
    if (!WIRE_ID.test(written)) return null;
    const bytes = Buffer.from(written, 'base64url');
    const block = this.#decipher.update(bytes);
    if (!ownerPart(account).equals(block.subarray(0, OWNER_LENGTH))) return null;
    const id = Number(block.readBigUInt64BE(OWNER_LENGTH));
    return Number.isSafeInteger(id) ? id : null;
  }

  /** The id under which the account's archive has a message that bears it; null for none. */
  of(account: Account, { content }: Stanza): ArchiveId | null {
    for (const child of content.children) {
      if (child.name !== 'stanza-id' || child.xmlns !== NS.stanzaId) continue;
      const { by, id }: { by?: string; id?: string } = buildChild(content, child).attrs;
      if (by === account.owner) return this.read(account, id ?? '');
    }
    return null;
  }

  /** Blocks are independent of each other, so that one cipher does for all. */
  #use(key: Buffer): void {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#isReady = true;
  }
}

function ownerPart(account: Account): Buffer {
  return account.kept(OwnerPart, () =>
    createHash('sha256').update(account.owner).digest().subarray(0, OWNER_LENGTH),
  );
}
