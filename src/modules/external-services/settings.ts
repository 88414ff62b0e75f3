import { z } from 'zod';
import { duration } from '../../server/config/quantities.ts';
import { secret } from '../../server/config/secret.ts';

/** Types of services (XEP-0215 §7.3; those with TLS are RFC 7064's and 7065's). */
export const TYPES = ['stun', 'stuns', 'turn', 'turns'] as const;

export type ServiceType = (typeof TYPES)[number];

/** What a service asks for. */
export type Access =
  /** Of coturn's `static-auth-secret`; `lifetime` in milliseconds. */
  | { readonly kind: 'shared-secret'; readonly secret: string; readonly lifetime: number }
  | { readonly kind: 'fixed'; readonly username: string; readonly password: string };

/** A service as clients are told of it (XEP-0215 §2). */
export interface ExternalService {
  readonly type: ServiceType;
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
  /** For people. */
  readonly name: string | null;
  /** The same by language tags, in lower case. */
  readonly names: ReadonlyMap<string, string>;
  /** Null where anybody may use it. */
  readonly access: Access | null;
  /** Whether credentials are given only to whoever asks for them by themselves. */
  readonly isRestricted: boolean;
}

const address = z.union([z.ipv4(), z.ipv6(), z.hostname()]);

function isAddress(text: string): boolean {
  return address.safeParse(text).success;
}

const MAX_SERVICES = 32;
/** Of a name, a username and a password, in characters. */
const text = () => z.string().min(1).max(200);

const lifetime = () => duration({ min: '20m', max: '7d' });

const service = z.strictObject({
  type: z.enum(TYPES).describe('`turn` relays what cannot go directly; `s` is for TLS or DTLS.'),
  host: z
    .string()
    .refine(isAddress, 'must be a domain name or an IP address')
    .describe('Where clients find it.'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('3478, or 5349 for `stuns` and `turns`, unless it is given.'),
  transport: z
    .enum(['udp', 'tcp'])
    .optional()
    .describe('`udp`, or `tcp` for `stuns` and `turns`, unless it is given.'),
  name: text().optional().describe('What people read.'),
  names: z
    .record(z.string().max(35), text().describe('The same in another language, by its tag.'))
    .prefault({})
    .describe('The same in other languages.'),
  secret: secret().optional().describe('In place of the common one.'),
  lifetime: lifetime().optional().describe('In place of the common one.'),
  username: text().optional().describe('The same for everybody, for a server without secret.'),
  password: secret().optional().describe('Of that username.'),
  restricted: z
    .boolean()
    .default(false)
    .describe('Whether credentials are given only where they are asked for by themselves.'),
});

type ServiceKeys = z.output<typeof service>;

export const settings = z
  .strictObject({
    services: z
      .array(service)
      .max(MAX_SERVICES)
      .default([])
      .describe('STUN and TURN servers; docs/calls.md.'),
    secret: secret()
      .optional()
      .describe('What the TURN servers have as `static-auth-secret`; credentials are made of it.'),
    lifetime: lifetime()
      .prefault('6h')
      .describe('How long credentials made of a secret are valid at most.'),
    guests: z
      .boolean()
      .default(false)
      .describe('Whether those who have no account, on an anonymous host, get credentials.'),
  })
  .superRefine(({ services, secret }, context) => {
    services.forEach((each, index) => {
      for (const message of mistakesIn(each, secret !== undefined)) {
        context.addIssue({ code: 'custom', path: ['services', index], message });
      }
    });
    const keys = services.map((each) => keyOf(resolve(each, null, 0)));
    keys.forEach((key, index) => {
      if (keys.indexOf(key) === index) return;
      const path = ['services', index];
      context.addIssue({ code: 'custom', path, message: 'is there twice' });
    });
  });

export type Settings = z.output<typeof settings>;

function* mistakesIn(keys: ServiceKeys, hasCommonSecret: boolean): Iterable<string> {
  const { type, secret, username, password } = keys;
  const isRelay = type === 'turn' || type === 'turns';
  if ((username === undefined) !== (password === undefined)) {
    yield 'needs both of username and password, or neither';
  }
  if (secret !== undefined && username !== undefined) {
    yield 'needs a secret, or a username with its password, not both';
  }
  if (isRelay && !hasCommonSecret && secret === undefined && username === undefined) {
    yield 'needs a secret, of its own or beside "services", or a username with its password';
  }
}

/** The services with what they inherit, in the order of the file. */
export function servicesOf({ services, secret, lifetime }: Settings): readonly ExternalService[] {
  return services.map((each) => resolve(each, secret ?? null, lifetime));
}

function resolve(keys: ServiceKeys, secret: string | null, lifetime: number): ExternalService {
  const { type, host, name = null, names } = keys;
  const isSecure = type.endsWith('s');
  return {
    type,
    host,
    port: keys.port ?? (isSecure ? 5349 : 3478),
    transport: keys.transport ?? (isSecure ? 'tcp' : 'udp'),
    name,
    names: new Map(Object.entries(names).map(([tag, each]) => [tag.toLowerCase(), each])),
    access: accessOf(keys, secret, lifetime),
    isRestricted: keys.restricted,
  };
}

function accessOf(keys: ServiceKeys, secret: string | null, lifetime: number): Access | null {
  const { username, password } = keys;
  if (username !== undefined && password !== undefined)
    return { kind: 'fixed', username, password };
  // STUN needs nobody's name, unless the file gives one.
  const own = keys.secret ?? (keys.type.startsWith('turn') ? secret : null);
  return own === null
    ? null
    : { kind: 'shared-secret', secret: own, lifetime: keys.lifetime ?? lifetime };
}

/** What tells a service from the others. */
export function keyOf({ type, host, port, transport }: ExternalService): string {
  return `${type}:${host.toLowerCase()}:${port}?transport=${transport}`;
}
