import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';

type Pair = GenerateKeyPairResult & { readonly kid: string };

/** Who issues tokens and publishes keys, over HTTP on loopback. */
export class TokenIssuer {
  readonly issuer = 'https://id.example';
  /** How often the keys were fetched. */
  fetches = 0;
  /** What stands in place of the set of keys; null for no answer at all. */
  mood: { status: number; body: string } | null | undefined;
  /** Called when somebody fetches the keys. */
  onFetch: () => void = () => {};
  readonly #server: Server;
  #pair!: Pair;
  #made = 0;

  static async open(): Promise<TokenIssuer> {
    const issuer = new TokenIssuer();
    await issuer.changeKeys();
    await new Promise<void>((resolve) => issuer.#server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  private constructor() {
    this.#server = createServer(async (_, response) => {
      this.fetches += 1;
      this.onFetch();
      if (this.mood === null) return;
      const keys = [await this.publicKey()];
      const { status, body } = this.mood ?? { status: 200, body: JSON.stringify({ keys }) };
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  }

  get jwks(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  /** The section `accounts` of a host that takes its tokens. */
  config(more: object = {}): Readonly<Record<string, unknown>> {
    const { issuer, jwks } = this;
    return { source: 'jwt', jwt: { issuer, jwks, audience: 'xmpp', ...more } };
  }

  /** From now on tokens are signed with another key. */
  async changeKeys(): Promise<void> {
    this.#pair = { ...(await generateKeyPair('ES256')), kid: `key-${++this.#made}` };
  }

  async publicKey(): Promise<object> {
    return { ...(await exportJWK(this.#pair.publicKey)), kid: this.#pair.kid, alg: 'ES256' };
  }

  /** A token for somebody; `claims` go over the usual ones. */
  sign(subject: string, claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: this.issuer, aud: 'xmpp', sub: subject, exp: now + 300 };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: this.#pair.kid })
      .sign(this.#pair.privateKey);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
