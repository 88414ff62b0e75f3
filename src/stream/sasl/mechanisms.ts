import { anonymous } from './anonymous.ts';
import { external } from './external.ts';
import type { SaslMechanism } from './mechanism.ts';
import { oauthBearer } from './oauthbearer.ts';
import { plain } from './plain.ts';
import { scram, scramPlus } from './scram.ts';

const HASHES = ['SHA-512', 'SHA-256', 'SHA-1'] as const;
const ALL = [
  external,
  ...HASHES.map((hash) => scramPlus(hash)),
  ...HASHES.map((hash) => scram(hash)),
  oauthBearer,
  plain,
  anonymous,
];

/** Every mechanism that the server knows, by its name. */
export const MECHANISMS: ReadonlyMap<string, SaslMechanism> = new Map(
  ALL.map((mechanism) => [mechanism.name, mechanism]),
);
