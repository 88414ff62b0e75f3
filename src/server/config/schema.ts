import { z } from 'zod';
import { duration, size } from './quantities.ts';
import { refuseUndescribed, sourceKeys } from './sources.ts';

/**
 * The configuration file as a schema. Defaults stand here and nowhere else, as
 * an operator would write them; `docs/configuration.md` explains each key.
 */

/** SASL mechanisms that exist here, best first. */
export const MECHANISMS = [
  'SCRAM-SHA-512',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'OAUTHBEARER',
  'PLAIN',
] as const;

/** RFC 6120 §13.12: no limit on stanzas may be below 10,000 bytes. */
const stanzaSize = () => size({ min: '10 KB', max: '16 MiB' });

const ipAddress = z.union([z.ipv4(), z.ipv6()]);

function isIpAddress(text: string): boolean {
  return ipAddress.safeParse(text).success;
}

function isAddress(text: string): boolean {
  return text === '*' || isIpAddress(text);
}

const certificate = z.strictObject({ cert: z.string().min(1), key: z.string().min(1) });

const listener = z.strictObject({
  type: z.enum(['c2s', 'c2s-tls']),
  address: z.string().refine(isAddress, 'must be an IP address, or "*" for all').default('*'),
  port: z.int().min(1).max(65_535),
});

const tls = z.strictObject({
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
});

/** Rules of signing in; a host may lay its own keys over the common ones. */
export const signInSchema = z.strictObject({
  mechanisms: z
    .array(z.enum(MECHANISMS))
    .min(1)
    .default([...MECHANISMS]),
  suitImported: z.boolean().default(true),
  scramIterations: z.int().min(4_096).max(1_000_000).default(10_000),
  maxAttempts: z.int().min(1).max(100).default(5),
  requireTls: z.boolean().default(true),
  allowPlainOnLoopback: z.boolean().default(false),
  sessionsPerAccount: z.int().min(1).max(10_000).default(50),
  resourceConflict: z.enum(['replace', 'refuse', 'rename']).default('replace'),
});

/** Rules of keeping accounts; a host may lay its own keys over the common ones. */
export const accountsSchema = z
  .strictObject({
    nameRetirement: duration({ min: '0s', max: '3650d' }).prefault('90d'),
    ...sourceKeys,
  })
  .superRefine(refuseUndescribed);

const beforeLogin = z.strictObject({
  stanza: stanzaSize().prefault('10 KB'),
  tag: size({ min: '1 KiB', max: '1 MiB' }).prefault('4 KiB'),
  depth: z.int().min(4).max(1_000).default(16),
  elements: z.int().min(8).max(100_000).default(100),
  attributes: z.int().min(8).max(1_000).default(32),
});

const afterLogin = z.strictObject({
  stanza: stanzaSize().prefault('256 KiB'),
  tag: size({ min: '1 KiB', max: '1 MiB' }).prefault('16 KiB'),
  depth: z.int().min(8).max(1_000).default(100),
  elements: z.int().min(100).max(1_000_000).default(10_000),
  attributes: z.int().min(8).max(1_000).default(64),
});

const limits = z.strictObject({
  beforeLogin: beforeLogin.prefault({}),
  afterLogin: afterLogin.prefault({}),
  negotiationTimeout: duration({ min: '1s', max: '10m' }).prefault('60s'),
  idleTimeout: duration({ min: '10s', max: '1d' }).prefault('5m'),
  connections: z.int().min(1).max(1_000_000).default(100_000),
  connectionsPerAddress: z.int().min(1).max(1_000_000).default(1_000),
  queue: size({ min: '64 KiB', max: '1 GiB' }).prefault('4 MiB'),
});

const log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  format: z.enum(['auto', 'pretty', 'json']).default('auto'),
});

const control = z.strictObject({ socket: z.string().min(1).optional() });

const metrics = z.strictObject({
  address: z.string().refine(isIpAddress, 'must be an IP address').default('127.0.0.1'),
  port: z.int().min(1).max(65_535).optional(),
});

/** Sections that a host may override; each is checked once it lies over the common one. */
const overridable = () => z.record(z.string(), z.unknown());

const host = z.strictObject({
  certificate: certificate.optional(),
  signIn: overridable().prefault({}),
  accounts: overridable().prefault({}),
  modules: overridable().prefault({}),
});

export const fileSchema = z.strictObject({
  data: z.string().min(1).default('./data'),
  hosts: z
    .record(z.string(), host)
    .refine((hosts) => Object.keys(hosts).length > 0, 'must name at least one domain'),
  listeners: z
    .array(listener)
    .min(1)
    .prefault([
      { type: 'c2s', port: 5222 },
      { type: 'c2s-tls', port: 5223 },
    ]),
  tls: tls.prefault({}),
  signIn: overridable().prefault({}),
  accounts: overridable().prefault({}),
  limits: limits.prefault({}),
  log: log.prefault({}),
  control: control.prefault({}),
  metrics: metrics.prefault({}),
  modules: overridable().prefault({}),
});

export type FileConfig = z.output<typeof fileSchema>;
export type SignIn = z.output<typeof signInSchema>;
export type AccountSettings = z.output<typeof accountsSchema>;
