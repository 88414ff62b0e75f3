/** What `run.ts` hands to a client script as its only argument, as JSON. */
export type Session = {
  readonly address: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly directTls: boolean;
  /** Where to connect by WebSocket instead; absent: over TCP. */
  readonly service?: string;
  /** PEM file with the authority to trust; absent: only what the machine trusts. */
  readonly authority?: string;
  /** Connects again, for its old session, whenever the connection is gone (XEP-0198 §5). */
  readonly comesBack?: boolean;
};

/** One line on a client's standard input. A command with an `id` is answered by `answer`. */
export type Command =
  | { readonly do: 'presence'; to?: string; type?: string; show?: string; status?: string }
  | { readonly do: 'message'; to: string; body: string }
  | { readonly do: 'roster'; id: number }
  | { readonly do: 'roster-set'; id: number; jid: string; name: string; groups: string[] }
  | { readonly do: 'roster-remove'; id: number; jid: string }
  | { readonly do: 'query'; id: number; kind: Query; to: string }
  /** Stores an own vCard and announces its photo (PNG, base64) in presence: XEP-0153 §3.1. */
  | { readonly do: 'vcard-set'; id: number; name: string; photo: string }
  | { readonly do: 'vcard'; id: number; of: string }
  | { readonly do: 'block' | 'unblock'; id: number; jid: string }
  | { readonly do: 'blocklist'; id: number }
  /** Asks for copies of what other devices send and get: XEP-0280 §4. */
  | { readonly do: 'carbons'; id: number }
  /** Has a push service notified: XEP-0357 §5. */
  | { readonly do: 'push'; id: number; jid: string; node: string }
  /** Reads what the archive has of the conversation with somebody: XEP-0313 §4. */
  | { readonly do: 'history'; id: number; with: string }
  /** Tells whether somebody looks at the client: XEP-0352 §4.2. */
  | { readonly do: 'state'; active: boolean }
  /** Closes the stream, and signs in anew without being told the password again. */
  | { readonly do: 'return' }
  /** Breaks the connection. */
  | { readonly do: 'cut' }
  | { readonly do: 'quit' };

export type Query = 'disco' | 'ping' | 'version' | 'time';

/** One line on a client's standard output. */
export type ClientEvent = { readonly event: string; readonly [key: string]: unknown };
