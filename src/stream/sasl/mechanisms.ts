import type { SaslMechanism } from './mechanism.ts';
import { plain } from './plain.ts';
import { scram } from './scram.ts';

const ALL = [scram('SHA-512'), scram('SHA-256'), scram('SHA-1'), plain];

/** Every mechanism that the server knows, by its name. */
export const MECHANISMS: ReadonlyMap<string, SaslMechanism> = new Map(
  ALL.map((mechanism) => [mechanism.name, mechanism]),
);
