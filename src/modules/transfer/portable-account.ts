import { z } from 'zod';

/** What an account may bring; pieces beyond are left out, not the account with them. */
export const BOUNDS = {
  contacts: 10_000,
  groups: 100,
  requests: 200,
  offlineMessages: 1_000,
  offlineBytes: 2 * 1024 * 1024,
  privateElements: 100,
  privateBytes: 1024 * 1024,
  vcardBytes: 256 * 1024,
  blocked: 1_000,
  /** Characters of any name. */
  name: 1_023,
} as const;

const text = z.string().max(4_096);
const xml = z.string().max(1_048_576);
const pieces = (max: number) =>
  z
    .array(xml)
    .max(max * 10)
    .default([]);

const scramKeys = z.strictObject({
  mechanism: z.enum(['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
  iterations: z.int().min(1_000).max(1_000_000),
  /** This and the keys are base64. */
  salt: z.base64().min(4).max(1_024),
  storedKey: z.base64().max(88),
  serverKey: z.base64().max(88),
});

const contact = z.strictObject({
  jid: text,
  name: text.optional(),
  subscription: z.enum(['none', 'to', 'from', 'both']).default('none'),
  /** Whether the account's request waits for an answer. */
  ask: z.boolean().default(false),
  /** Whether the contact's request is approved before it comes. */
  approved: z.boolean().default(false),
  groups: z.array(text).max(1_000).default([]),
});

/**
 * An account on its way from one server to another, as a line of JSON has it. All
 * but its address and one of `password`, `hash` and `scram` may be missing.
 */
export const portableAccount = z.strictObject({
  /** Bare JID. */
  jid: text,
  password: text.optional(),
  /** bcrypt, as PHP writes it. */
  hash: text.optional(),
  scram: z.array(scramKeys).max(3).optional(),
  nickname: text.optional(),
  disabled: z.boolean().default(false),
  roster: z
    .array(contact)
    .max(BOUNDS.contacts * 2)
    .default([]),
  /** Presence stanzas of type subscribe that nobody has answered. */
  requests: pieces(BOUNDS.requests),
  /** Messages, oldest first, with the time of their arrival in a `<delay/>` (XEP-0203). */
  offline: pieces(BOUNDS.offlineMessages),
  vcard: xml.optional(),
  /** Elements of private XML storage (XEP-0049). */
  private: pieces(BOUNDS.privateElements),
  /** JIDs (XEP-0191). */
  blocked: z
    .array(text)
    .max(BOUNDS.blocked * 10)
    .default([]),
});

export type PortableAccount = z.input<typeof portableAccount>;
/** With nothing missing. */
export type CheckedAccount = z.output<typeof portableAccount>;
export type PortableContact = z.input<typeof contact>;

/** What became of one account of an import. */
export interface ImportResult {
  /** As it was written, or prepared where it could be. */
  readonly jid: string;
  readonly outcome: 'created' | 'exists' | 'refused';
  /** Why it was refused; '' otherwise. */
  readonly reason: string;
  /** Pieces that the account came without, and why. */
  readonly leftOut: readonly string[];
}
