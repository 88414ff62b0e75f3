import { makeSelfSigned } from '../../src/server/self-signed.ts';

const DAY = 86_400_000;

/** A certificate for `domain` that vouches for itself, and its key, as PEM. */
export async function selfSigned(domain: string): Promise<{ cert: string; key: string }> {
  const now = Date.now();
  const validity = { notBefore: now - DAY, notAfter: now + DAY };
  return makeSelfSigned({ dnsNames: [domain], addresses: [], ...validity });
}
