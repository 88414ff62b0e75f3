import { z } from 'zod';
import { componentsSchema } from './components.ts';
import { httpSchema, origin } from './http.ts';
import { isIpAddress, networks } from './networks.ts';
import { duration, size } from './quantities.ts';
import { refuseUndescribed, sourceKeys } from './sources.ts';

/**
 * The configuration file as a schema. Defaults stand here and nowhere else, as
 * an operator would write them; `docs/config.md` is made from it.
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

function isAddress(text: string): boolean {
  return text === '*' || isIpAddress(text);
}

const certificate = z.strictObject({
  cert: z.string().min(1).describe('The certificate with the chain of its issuers, in PEM.'),
  key: z.string().min(1).describe('Its private key, in PEM.'),
});

const proxyProtocol = z.strictObject({
  from: networks()
    .min(1)
    .describe('Addresses and networks of the proxies; others are turned away.'),
  endsTls: z.boolean().default(false).describe("Whether the proxies end the clients' TLS."),
});

const port = () => z.int().min(1).max(65_535);

const listener = z.strictObject({
  type: z
    .enum(['c2s', 'c2s-tls', 'component', 'http', 'https'])
    .describe(
      'Clients with STARTTLS (RFC 6120 §5), or with TLS from the first byte (XEP-0368); external components (XEP-0114); browsers, without or with TLS.',
    ),
  address: z
    .string()
    .refine(isAddress, 'must be an IP address, or "*" for all')
    .default('*')
    .describe(
      'One IP address, or `*` for all, IPv6 and IPv4. For `component` and `http` it has to be given.',
    ),
  port: port().describe('Below 1024 the system asks for privileges.'),
  proxyProtocol: proxyProtocol
    .optional()
    .describe('For clients that come by proxies only, with a header of the PROXY protocol.'),
});

const tls = z.strictObject({
  minVersion: z
    .enum(['TLSv1.2', 'TLSv1.3'])
    .default('TLSv1.2')
    .describe('The oldest version of TLS that clients may use.'),
});

const tokens = z.strictObject({
  give: z
    .boolean()
    .default(true)
    .describe('Whether clients that ask for it may come back with a token (XEP-0484).'),
  lifetime: duration({ min: '1h', max: '365d' })
    .prefault('21d')
    .describe('How long a token lets a client in that stays away.'),
  rotateAfter: duration({ min: '0s', max: '365d' })
    .prefault('1d')
    .describe('How old a token is when the client that shows it gets another.'),
  clientsPerAccount: z
    .int()
    .min(1)
    .max(1_000)
    .default(20)
    .describe('Clients of one account that have tokens; whoever was away for longest goes.'),
});

/** Rules of signing in; a host may lay its own keys over the common ones. */
export const signInSchema = z.strictObject({
  mechanisms: z
    .array(z.enum(MECHANISMS))
    .min(1)
    .default([...MECHANISMS])
    .describe('Offered in this order; of SCRAM the `-PLUS` forms come first, where TLS ends here.'),
  suitImported: z
    .boolean()
    .default(true)
    .describe(
      'Offer only what suits imported accounts, while the server has not seen their passwords.',
    ),
  scramIterations: z
    .int()
    .min(4_096)
    .max(1_000_000)
    .default(10_000)
    .describe('For passwords that are set from now on.'),
  maxAttempts: z.int().min(1).max(100).default(5).describe('Failures before the stream is closed.'),
  failureDelay: duration({ min: '0s', max: '30s' })
    .prefault('5s')
    .describe('How long the answer to a wrong password waits at most, once there were many.'),
  requireTls: z.boolean().default(true).describe('Whether signing in needs TLS.'),
  allowPlainOnLoopback: z
    .boolean()
    .default(false)
    .describe('Whether programs on this machine may sign in without TLS all the same.'),
  sessionsPerAccount: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('Sessions of one account at the same time.'),
  resourceConflict: z
    .enum(['replace', 'refuse', 'rename'])
    .default('replace')
    .describe('For a resource in use: end the old session, refuse the new one, or rename that.'),
  tokens: tokens.prefault({}).describe('What clients may come back with instead of a password.'),
  anonymous: z
    .boolean()
    .default(false)
    .describe('Whether everybody is anonymous here, and needs no account.'),
  clientCertificates: z
    .strictObject({
      ca: z.string().min(1).describe('A file with the certificates of the authority, in PEM.'),
    })
    .optional()
    .describe('Whose client certificates sign in.'),
});

/** Rules of keeping accounts; a host may lay its own keys over the common ones. */
export const accountsSchema = z
  .strictObject({
    nameRetirement: duration({ min: '0s', max: '3650d' })
      .prefault('90d')
      .describe(
        'How long nobody gets the name of a deleted account, which others may still trust.',
      ),
    ...sourceKeys,
  })
  .superRefine(refuseUndescribed);

const beforeLogin = z.strictObject({
  stanza: stanzaSize().prefault('10 KB').describe('One stanza; never below 10,000 bytes.'),
  tag: size({ min: '1 KiB', max: '1 MiB' }).prefault('4 KiB').describe('One tag.'),
  depth: z.int().min(4).max(1_000).default(16).describe('Elements within elements.'),
  elements: z.int().min(8).max(100_000).default(100).describe('Elements of one stanza.'),
  attributes: z.int().min(8).max(1_000).default(32).describe('Attributes of one tag.'),
});

const afterLogin = z.strictObject({
  stanza: stanzaSize().prefault('256 KiB').describe('One stanza; never below 10,000 bytes.'),
  tag: size({ min: '1 KiB', max: '1 MiB' }).prefault('16 KiB').describe('One tag.'),
  depth: z.int().min(8).max(1_000).default(100).describe('Elements within elements.'),
  elements: z.int().min(100).max(1_000_000).default(10_000).describe('Elements of one stanza.'),
  attributes: z.int().min(8).max(1_000).default(64).describe('Attributes of one tag.'),
});

const limits = z.strictObject({
  beforeLogin: beforeLogin.prefault({}).describe('What a client may send before it has signed in.'),
  afterLogin: afterLogin.prefault({}).describe('The same for who has signed in.'),
  negotiationTimeout: duration({ min: '1s', max: '10m' })
    .prefault('60s')
    .describe('From connecting to being signed in, whatever is sent meanwhile.'),
  idleTimeout: duration({ min: '10s', max: '1d' })
    .prefault('5m')
    .describe('Without a byte; then the server looks whether the client lives.'),
  connections: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100_000)
    .describe('Connections on each listener.'),
  connectionsPerAddress: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Connections from one IPv4 address or IPv6 /64 network, on each listener.'),
  queue: size({ min: '64 KiB', max: '1 GiB' })
    .prefault('4 MiB')
    .describe('What waits for a client that does not read; then it is disconnected.'),
});

const log = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least that is logged.'),
  format: z
    .enum(['auto', 'pretty', 'json'])
    .default('auto')
    .describe('For people or for programs; `auto` is `pretty` on a terminal.'),
});

const control = z.strictObject({
  socket: z
    .string()
    .min(1)
    .optional()
    .describe('Where commands reach the server, at most 107 bytes long; `epode.sock` in `data`.'),
});

const metrics = z.strictObject({
  address: z
    .string()
    .refine(isIpAddress, 'must be an IP address')
    .default('127.0.0.1')
    .describe('One IP address; whoever reaches it may read them.'),
  port: port().optional().describe('Where `/metrics` is served; without it, nowhere.'),
});

/** Sections that a host may override; each is checked once it lies over the common one. */
const overridable = () => z.record(z.string(), z.unknown());

const host = z.strictObject({
  publicUrl: origin()
    .optional()
    .describe('Where browsers find this host; the common `http.publicUrl` unless given.'),
  certificate: certificate
    .optional()
    .describe('Without one a self-signed one is made, which clients rightly distrust.'),
  signIn: overridable().prefault({}).describe('Laid over the common `signIn`, key by key.'),
  accounts: overridable().prefault({}).describe('Laid over the common `accounts`.'),
  modules: overridable().prefault({}).describe('Laid over the common `modules`.'),
});

export const fileSchema = z.strictObject({
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('The directory of the database, self-signed certificates and the control socket.'),
  hosts: z
    .record(z.string(), host)
    .refine((hosts) => Object.keys(hosts).length > 0, 'must name at least one domain')
    .describe('The domains that are served; the first is for clients that name none.'),
  listeners: z
    .array(listener)
    .min(1)
    .prefault([
      { type: 'c2s', port: 5222 },
      { type: 'c2s-tls', port: 5223 },
      { type: 'http', address: '127.0.0.1', port: 5280 },
      { type: 'https', port: 5281 },
    ])
    .describe('Where clients, components and browsers connect.'),
  http: httpSchema.prefault({}).describe('What holds for `http` and `https` listeners.'),
  components: componentsSchema
    .prefault({})
    .describe('External components (XEP-0114) by the domains that they serve.'),
  tls: tls.prefault({}).describe('What holds for every TLS connection.'),
  signIn: overridable().prefault({}).describe('Rules of signing in.'),
  accounts: overridable().prefault({}).describe('Rules of keeping accounts.'),
  limits: limits
    .prefault({})
    .describe('Bounds on what one client may send, and on how many there may be.'),
  log: log.prefault({}).describe('What is told on standard output.'),
  control: control.prefault({}).describe('How commands reach the server.'),
  metrics: metrics.prefault({}).describe('Numbers for Prometheus.'),
  modules: overridable()
    .prefault({})
    .describe('Settings of modules by their names; `false` turns one off.'),
});

export type FileConfig = z.output<typeof fileSchema>;
export type SignIn = z.output<typeof signInSchema>;
export type AccountSettings = z.output<typeof accountsSchema>;
