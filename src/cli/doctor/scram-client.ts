import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramHash } from '../../stream/ports.ts';
import { HASH_LENGTHS } from '../../stream/sasl/hashing.ts';
import { DIGESTS } from '../../stream/sasl/mechanism.ts';
import { prepareQueryPassword } from '../../xmpp/saslprep.ts';

const derive = promisify(pbkdf2);
const MAX_ITERATIONS = 10_000_000;
const GS2_HEADER = 'n,,';

/** The client's side of SCRAM without channel binding (RFC 5802 §3, §5). */
export class ScramClient {
  readonly #hash: ScramHash;
  readonly #password: string;
  readonly #bare: string;
  #serverSignature = '';

  constructor(hash: ScramHash, username: string, password: string) {
    const name = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#hash = hash;
    this.#password = password;
    this.#bare = `n=${name},r=${randomBytes(18).toString('base64')}`;
  }

  get first(): string {
    return GS2_HEADER + this.#bare;
  }

  /** @throws {Error} when the server's first message is none. */
  async final(serverFirst: string): Promise<string> {
    const [, nonce, salt, count] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(serverFirst) ?? [];
    const iterations = Number(count);
    const isOurs = nonce?.startsWith(this.#bare.slice(this.#bare.indexOf(',r=') + 3));
    if (!isOurs || !salt || iterations < 1 || iterations > MAX_ITERATIONS) {
      throw new Error('its SCRAM challenge makes no sense');
    }
    const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${nonce}`;
    const salted = await this.#salted(Buffer.from(salt, 'base64'), iterations);
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`;
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage).toString(
      'base64',
    );
    return `${withoutProof},p=${this.#proof(salted, authMessage)}`;
  }

  /** Whether the server has shown that it knows the account's keys. */
  accepts(serverFinal: string): boolean {
    return serverFinal === `v=${this.#serverSignature}`;
  }

  #salted(salt: Buffer, iterations: number): Promise<Buffer> {
    const prepared = prepareQueryPassword(this.#password);
    const length = HASH_LENGTHS[this.#hash];
    return derive(prepared, salt, iterations, length, DIGESTS[this.#hash]);
  }

  #proof(salted: Buffer, authMessage: string): string {
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(DIGESTS[this.#hash]).update(clientKey).digest();
    const signature = this.#hmac(storedKey, authMessage);
    return Buffer.from(clientKey.map((byte, at) => byte ^ signature[at]!)).toString('base64');
  }

  #hmac(key: Buffer, message: string): Buffer {
    return createHmac(DIGESTS[this.#hash], key).update(message).digest();
  }
}
