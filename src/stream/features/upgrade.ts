import { randomBytes } from 'node:crypto';
import { type Element, xml } from '../../xml/element.ts';
import type { ClientStream } from '../client-stream.ts';
import type { ImportedCredentials, ScramHash, ScramKeys } from '../ports.ts';
import { decodeBase64 } from '../sasl/base64.ts';
import { HASH_LENGTHS } from '../sasl/hashing.ts';
import { SaslError } from '../sasl/mechanism.ts';
import { keysOf } from '../sasl/scram-keys.ts';

const SASL2 = 'urn:xmpp:sasl:2';
const UPGRADE = 'urn:xmpp:sasl:upgrade:0';
const SCRAM_UPGRADE = 'urn:xmpp:scram-upgrade:0';
const PREFIX = 'UPGR-SCRAM-';

const SALT_LENGTH = 16;

/** The tasks that clients may ask for at the stream's host (XEP-0480 §2.1). */
export function offeredUpgrades({ host }: ClientStream): Element[] {
  const hashes = host.upgrades ?? [];
  return hashes.map((hash) => xml('upgrade', { xmlns: UPGRADE }, PREFIX + hash));
}

/** The hashes that `<authenticate/>` asks to be upgraded to, each once (XEP-0480 §2.2). */
export function requestedUpgrades(element: Element, { host }: ClientStream): ScramHash[] {
  const names = element.getChildren('upgrade', UPGRADE).map((each) => each.getText());
  const hashes = host.upgrades ?? [];
  return hashes
    .filter((hash) => names.includes(PREFIX + hash))
    .toSorted((one, other) => names.indexOf(PREFIX + one) - names.indexOf(PREFIX + other));
}

/**
 * The upgrades of one account, one task after the other (XEP-0480 §3). What the client
 * derives is taken on trust: it has just shown to know the password.
 */
export class Upgrade {
  readonly #imported: ImportedCredentials;
  readonly #iterations: number;
  readonly #left: ScramHash[];
  readonly #keys: ScramKeys[] = [];
  /** Set while the task that comes first is under way. */
  #salt: Buffer | null = null;

  /** At least one hash. */
  constructor(imported: ImportedCredentials, hashes: readonly ScramHash[], iterations: number) {
    this.#imported = imported;
    this.#left = [...hashes];
    this.#iterations = iterations;
  }

  /** What asks the client to begin with the next task (XEP-0388 §2.6.3). */
  invitation(data: Buffer = Buffer.alloc(0)): Element {
    const additional = xml('additional-data', {}, data.toString('base64'));
    const tasks = xml('tasks', {}, xml('task', {}, PREFIX + this.#left[0]!));
    return xml('continue', { xmlns: SASL2 }, ...(data.length > 0 ? [additional] : []), tasks);
  }

  /**
   * Takes what the client says, and returns the answer; null when all is done. Throws
   * `SaslError` for what does not belong there.
   */
  take(element: Element): Element | null {
    if (element.name === 'abort') throw new SaslError('aborted');
    if (element.name === 'next') return this.#begin(element.attrs.task);
    this.#finish(element.getChild('hash', SCRAM_UPGRADE)?.getText() ?? '');
    return this.#left.length > 0 ? this.invitation() : null;
  }

  /** Gives the account its keys. */
  save(): Promise<void> {
    return this.#imported.addKeys(this.#keys);
  }

  #begin(task: string | undefined): Element {
    if (this.#salt || task !== PREFIX + this.#left[0]!) throw new SaslError('malformed-request');
    this.#salt = randomBytes(SALT_LENGTH);
    const attributes = { xmlns: SCRAM_UPGRADE, iterations: String(this.#iterations) };
    const salt = xml('salt', attributes, this.#salt.toString('base64'));
    return xml('task-data', { xmlns: SASL2 }, salt);
  }

  #finish(text: string): void {
    const hash = this.#left[0]!;
    const salted = decodeBase64(text);
    if (!this.#salt || !salted) throw new SaslError('malformed-request');
    if (salted.length !== HASH_LENGTHS[hash]) throw new SaslError('malformed-request');
    const salt = this.#salt;
    this.#keys.push({ hash, salt, iterations: this.#iterations, ...keysOf(hash, salted) });
    this.#left.shift();
    this.#salt = null;
  }
}
