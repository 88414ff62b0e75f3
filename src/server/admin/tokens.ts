import { z } from 'zod';
import type { Storage } from '../../storage/ports.ts';
import type { TokenRecord } from '../../storage/token-port.ts';
import type { Jid } from '../../xmpp/jid.ts';
import type { Server } from '../server.ts';
import { accountAddress, requireKept } from './addresses.ts';
import { type AdminCommand, AdminError, adminCommand } from './command.ts';

/** A token as operators see it. Times in milliseconds since 1970. */
export interface TokenFacts {
  /** The id of the client's installation. */
  readonly client: string;
  /** What the client calls itself; '' for nothing. */
  readonly name: string;
  readonly mechanism: string;
  readonly issued: number;
  readonly expires: number;
  /** Null until the client has signed in with it. */
  readonly used: number | null;
}

const text = z.string().max(4_096);
const account = z.strictObject({ jid: text });
const client = z.strictObject({ jid: text, client: text.optional() });

/** The commands that look after the tokens of accounts (XEP-0484). */
export function tokenCommands(server: Server, storage: Storage): AdminCommand[] {
  const tokens = new Tokens(server, storage);
  return [
    adminCommand({
      name: 'token.list',
      summary: 'Lists the tokens that clients of an account may come back with.',
      params: account,
      run: ({ jid }) => tokens.list(jid),
    }),
    adminCommand({
      name: 'token.revoke',
      summary: "Makes void an account's tokens, or those of one client.",
      params: client,
      run: ({ jid, client }) => tokens.revoke(jid, client?.toLowerCase() ?? null),
    }),
  ];
}

class Tokens {
  readonly #server: Server;
  readonly #storage: Storage;

  constructor(server: Server, storage: Storage) {
    this.#server = server;
    this.#storage = storage;
  }

  async list(address: string): Promise<{ tokens: readonly TokenFacts[] }> {
    const jid = await this.#account(address);
    const records = await this.#storage.tokens.list(jid.toString());
    return { tokens: records.filter(({ expires }) => expires > 0).map(factsOf) };
  }

  async revoke(address: string, client: string | null): Promise<{ revoked: number }> {
    const jid = await this.#account(address);
    const { keeper } = this.#server.find(jid.domain)!;
    const revoked = await keeper.revokeTokens(jid.local, client);
    if (revoked === 0 && client !== null) {
      const hint = `epode token list ${jid} lists its clients.`;
      throw new AdminError('not-found', `No client ${client} of ${jid} has a token.`, hint);
    }
    return { revoked };
  }

  async #account(address: string): Promise<Jid> {
    const domains = [...this.#server.hosts].map(({ host }) => host.domain);
    const jid = accountAddress(address, domains);
    requireKept(this.#server.find(jid.domain)!);
    if (await this.#storage.users.find(jid.toString())) return jid;
    throw new AdminError('not-found', `There is no account ${jid}.`);
  }
}

function factsOf({ client, name, mechanism, issued, expires, used }: TokenRecord): TokenFacts {
  return { client, name, mechanism, issued, expires, used };
}
