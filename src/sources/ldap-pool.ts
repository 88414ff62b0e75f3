import { Client } from 'ldapts';
import type { LdapSettings } from './ports.ts';

/** Connections that are kept for the next question, and for how many milliseconds at most. */
const MAX_IDLE = 4;
const MAX_IDLE_TIME = 30_000;

interface Idle {
  readonly client: Client;
  readonly since: number;
}

/**
 * Connections to a directory, with TLS where the operator wants it. A connection on which
 * anything went wrong is not used again; so none is ever opened anew behind our back, which
 * after StartTLS would be one in clear text.
 */
export class LdapPool {
  readonly #settings: LdapSettings;
  readonly #now: () => number;
  readonly #idle: Idle[] = [];

  /** `now` in milliseconds. */
  constructor(settings: LdapSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  /** Lends a connection, bound as whoever used it last; `signal` ends it. */
  async use<T>(signal: AbortSignal, task: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#takeIdle() ?? this.#makeClient();
    const end = () => close(client);
    signal.addEventListener('abort', end);
    try {
      if (this.#startsTls) await client.startTLS(this.#tlsOptions);
      const answer = await task(client);
      this.#release(client);
      return answer;
    } catch (error) {
      close(client);
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  close(): void {
    for (const { client } of this.#idle.splice(0)) close(client);
  }

  #takeIdle(): Client | null {
    const { client, since } = this.#idle.pop() ?? {};
    if (!client) return null;
    if (client.isConnected && this.#now() - since! < MAX_IDLE_TIME) return client;
    close(client);
    return this.#takeIdle();
  }

  /** What StartTLS has secured tells nobody when it is closed, so it serves once. */
  #release(client: Client): void {
    const isOfUse = client.isConnected && !this.#startsTls && this.#idle.length < MAX_IDLE;
    if (isOfUse) this.#idle.push({ client, since: this.#now() });
    else close(client);
  }

  #makeClient(): Client {
    const { url, timeout } = this.#settings;
    // The library takes options of TLS for the wish to begin with it.
    const secured = url.startsWith('ldaps:') ? { tlsOptions: this.#tlsOptions } : {};
    return new Client({ url, timeout, connectTimeout: timeout, strictDN: false, ...secured });
  }

  get #startsTls(): boolean {
    return this.#settings.startTls && this.#settings.url.startsWith('ldap:');
  }

  /** Anew each time: StartTLS leaves its socket in them. */
  get #tlsOptions() {
    const host = new URL(this.#settings.url).hostname.replace(/^\[(.*)\]$/, '$1');
    const { ca } = this.#settings;
    const isName = !/^[\d.]+$|:/.test(host);
    return {
      host,
      minVersion: 'TLSv1.2' as const,
      ...(isName && { servername: host }),
      ...(ca !== null && { ca }),
    };
  }
}

/** Nobody waits for goodbyes. */
function close(client: Client): void {
  client.unbind().catch(() => {});
}
