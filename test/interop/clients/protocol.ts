/** What `run.ts` hands to a client script as its only argument, as JSON. */
export type Session = {
  readonly address: string;
  readonly password: string;
  readonly host: string;
  readonly port: number;
  readonly directTls: boolean;
  /** PEM file with the authority to trust; absent: only what the machine trusts. */
  readonly authority?: string;
};

/** One line on a client's standard input. A command with an `id` is answered by `answer`. */
export type Command =
  | { readonly do: 'presence'; to?: string; type?: string; show?: string; status?: string }
  | { readonly do: 'message'; to: string; body: string }
  | { readonly do: 'roster'; id: number }
  | { readonly do: 'roster-set'; id: number; jid: string; name: string; groups: string[] }
  | { readonly do: 'query'; id: number; kind: Query; to: string }
  | { readonly do: 'quit' };

export type Query = 'disco' | 'ping' | 'version' | 'time';

/** One line on a client's standard output. */
export type ClientEvent = { readonly event: string; readonly [key: string]: unknown };
