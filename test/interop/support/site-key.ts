import { join } from 'node:path';
import { run } from './process.ts';

/** What a site signs its tokens with, made as `docs/embedding.md` says. */
export type SiteKey = {
  /** PEM file, the site's alone. */
  readonly file: string;
  /** The section `accounts` of a server that takes these tokens. */
  readonly accounts: object;
};

export async function makeSiteKey(folder: string): Promise<SiteKey> {
  const [file, open] = [join(folder, 'xmpp-key.pem'), join(folder, 'xmpp-public.pem')];
  await run('openssl', ['genpkey', '-algorithm', 'RSA', '-out', file]);
  await run('openssl', ['pkey', '-in', file, '-pubout', '-out', open]);
  const jwt = { issuer: 'https://www.example.org', audience: 'xmpp', publicKey: `file:${open}` };
  return { file, accounts: { source: 'jwt', jwt } };
}
