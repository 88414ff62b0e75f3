import { createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { SourceSettings } from '../../sources/ports.ts';
import { isLoopback } from '../../transports/address.ts';
import { duration } from './quantities.ts';
import { secret } from './secret.ts';

/** Where accounts are kept. */
const SOURCES = ['internal', 'http', 'jwt', 'ldap'] as const;

/** With a key that is public: a secret that both sides share proves less. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

/** With a scheme such as `https:`. */
const address = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol),
      `must be an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
    );
const webAddress = () => address('https:', 'http:');
const timeout = () =>
  duration({ min: '100ms', max: '30s' }).prefault('5s').describe('For all of one question.');

const http = z.strictObject({
  url: webAddress().describe('Where to ask.'),
  secret: secret().describe('Shows the site who asks.'),
  timeout: timeout(),
  scramKeys: z.boolean().default(false).describe('Whether the site answers `scramKeys`.'),
  changePassword: z.boolean().default(false).describe('Whether the site answers `change`.'),
});

const jwt = z
  .strictObject({
    issuer: z.string().min(1).describe('What `iss` has to be.'),
    audience: z.string().min(1).describe('What `aud` has to hold.'),
    jwks: webAddress().optional().describe('Where the issuer publishes its keys.'),
    publicKey: secret().optional().describe('In place of `jwks`: a public key in PEM, or a JWKS.'),
    algorithms: z
      .array(z.enum(ALGORITHMS))
      .min(1)
      .default([...ALGORITHMS])
      .describe('Which signatures count.'),
    claim: z.string().min(1).default('sub').describe('What holds the name, or the address.'),
    scope: z.string().min(1).optional().describe('What `scope` has to name.'),
    clockTolerance: duration({ min: '0s', max: '5m' })
      .prefault('30s')
      .describe('By how much clocks may differ.'),
    tokenAsPassword: z
      .boolean()
      .default(false)
      .describe('Whether clients may send the token in place of a password.'),
    discovery: webAddress()
      .optional()
      .describe('Told to clients whose token does not do: where to read how to get one.'),
    timeout: timeout(),
  })
  .superRefine(({ jwks, publicKey }, context) => {
    const refuse = refuser(context);
    if ((jwks === undefined) === (publicKey === undefined))
      refuse('needs one of jwks and publicKey');
    if (publicKey !== undefined && !isPublicKey(publicKey)) {
      refuse('must be a public key in PEM, or a JWKS', 'publicKey');
    }
  });

const ldap = z
  .strictObject({
    url: address('ldaps:', 'ldap:').describe('`ldap://` or `ldaps://`, host and port.'),
    startTls: z
      .boolean()
      .default(true)
      .describe('Whether `ldap://` goes on under TLS before anything else is said.'),
    ca: secret().optional().describe('The certificates to trust, in PEM.'),
    bindDn: z.string().min(1).optional().describe('As whom to search; without it, as nobody.'),
    password: secret().optional().describe('The password of `bindDn`.'),
    base: z.string().min(1).describe('Where people are, at any depth.'),
    filter: z
      .string()
      .refine((text) => text.includes('{name}'), 'must hold {name}, where the name goes')
      .default('(uid={name})')
      .describe('Finds the entry of a name, which is put in for `{name}`, escaped.'),
    nameAttribute: z.string().min(1).default('uid').describe('What holds the name.'),
    timeout: timeout(),
  })
  .superRefine(({ bindDn, password, ca }, context) => {
    const refuse = refuser(context);
    const isWhole = (bindDn === undefined) === (password === undefined);
    if (!isWhole) refuse('needs both of bindDn and password, or neither');
    if (ca !== undefined && !isCertificate(ca)) refuse('must be a certificate in PEM', 'ca');
  });

/** Of the whole section, or of one key. */
function refuser(context: z.RefinementCtx): (message: string, ...path: string[]) => void {
  return (message, ...path) => context.addIssue({ code: 'custom', path, message });
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
}

function isPublicKey(text: string): boolean {
  try {
    if (text.trimStart().startsWith('{')) return Array.isArray(JSON.parse(text).keys);
    return createPublicKey(text).type === 'public' && !text.includes('PRIVATE KEY');
  } catch {
    return false;
  }
}

/** The keys of the section `accounts` that say where the accounts are kept. */
export const sourceKeys = {
  source: z.enum(SOURCES).default('internal').describe('Where accounts are kept.'),
  http: http.optional().describe('A web site that keeps accounts.'),
  jwt: jwt.optional().describe('Whoever issues tokens.'),
  ldap: ldap.optional().describe('A directory.'),
};

type SourceKeys = z.output<z.ZodObject<typeof sourceKeys>>;

/** The source that is named has to be described. */
export function refuseUndescribed(keys: SourceKeys, context: z.RefinementCtx): void {
  const { source } = keys;
  if (source === 'internal' || keys[source]) return;
  const message = `needs a section "${source}" beside it`;
  context.addIssue({ code: 'custom', path: ['source'], message });
}

export function resolveSource({ source, ...described }: SourceKeys): SourceSettings {
  const { http, jwt, ldap } = described;
  if (source === 'http' && http) return httpSettings(http);
  if (source === 'jwt' && jwt) return jwtSettings(jwt);
  if (source === 'ldap' && ldap) return ldapSettings(ldap);
  return { type: 'internal' };
}

function httpSettings(section: z.output<typeof http>): SourceSettings {
  const { scramKeys: hasScramKeys, changePassword: takesChanges, ...rest } = section;
  return { type: 'http', ...rest, hasScramKeys, takesChanges };
}

function jwtSettings(section: z.output<typeof jwt>): SourceSettings {
  const { jwks, publicKey = '', tokenAsPassword: isPassword, discovery, scope, ...rest } = section;
  return {
    type: 'jwt',
    ...rest,
    keys: jwks === undefined ? { text: publicKey } : { url: jwks },
    isPassword,
    scope: scope ?? null,
    configuration: discovery ?? null,
  };
}

function ldapSettings(section: z.output<typeof ldap>): SourceSettings {
  const { ca = null, bindDn = '', password = '', nameAttribute: attribute, ...rest } = section;
  return { type: 'ldap', ...rest, ca, bindDn, password, attribute };
}

/** Whether people can sign in with a mechanism where accounts are kept like that. */
export function suits(source: SourceSettings, mechanism: string): boolean {
  if (source.type === 'internal') return mechanism !== 'OAUTHBEARER';
  if (mechanism.startsWith('SCRAM-')) return source.type === 'http' && source.hasScramKeys;
  if (mechanism === 'PLAIN') return source.type !== 'jwt' || source.isPassword;
  return mechanism !== 'OAUTHBEARER' || source.type === 'jwt';
}

/** What is allowed and still deserves a second thought. */
export function sourceWarnings(domain: string, source: SourceSettings): string[] {
  const address = addressOf(source);
  if (address === null || !isReadable(address)) return [];
  const what = source.type === 'jwt' ? 'keys come from' : 'passwords go to';
  return [`${domain}: ${what} ${address} unencrypted; anyone on the way can read and change them`];
}

function addressOf(source: SourceSettings): string | null {
  if (source.type === 'http') return source.url;
  if (source.type === 'ldap') return source.startTls ? null : source.url;
  return source.type === 'jwt' && 'url' in source.keys ? source.keys.url : null;
}

function isReadable(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  const isNear = hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
  return ['http:', 'ldap:'].includes(protocol) && !isNear;
}
