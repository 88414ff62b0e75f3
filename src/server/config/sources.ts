import { z } from 'zod';
import type { SourceSettings } from '../../sources/ports.ts';
import { isLoopback } from '../../transports/address.ts';
import { duration } from './quantities.ts';
import { secret } from './secret.ts';

/** Where accounts are kept. */
const SOURCES = ['internal', 'http'] as const;

const timeout = () => duration({ min: '100ms', max: '30s' }).prefault('5s');

const http = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  secret: secret(),
  timeout: timeout(),
  scramKeys: z.boolean().default(false),
  changePassword: z.boolean().default(false),
});

/** The keys of the section `accounts` that say where the accounts are kept. */
export const sourceKeys = {
  source: z.enum(SOURCES).default('internal'),
  http: http.optional(),
};

type SourceKeys = z.output<z.ZodObject<typeof sourceKeys>>;

/** The source that is named has to be described. */
export function refuseUndescribed(keys: SourceKeys, context: z.RefinementCtx): void {
  const { source } = keys;
  if (source === 'internal' || keys[source]) return;
  const message = `needs a section "${source}" beside it`;
  context.addIssue({ code: 'custom', path: ['source'], message });
}

export function resolveSource({ source, http }: SourceKeys): SourceSettings {
  if (source === 'internal' || !http) return { type: 'internal' };
  const { url, secret, timeout, scramKeys: hasScramKeys, changePassword: takesChanges } = http;
  return { type: 'http', url, secret, timeout, hasScramKeys, takesChanges };
}

/** What is allowed and still deserves a second thought. */
export function sourceWarnings(domain: string, source: SourceSettings): string[] {
  if (source.type === 'internal' || !isReadable(source.url)) return [];
  return [`${domain}: passwords go to ${source.url} unencrypted; anyone on the way can read along`];
}

function isReadable(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  const isNear = hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
  return protocol === 'http:' && !isNear;
}
