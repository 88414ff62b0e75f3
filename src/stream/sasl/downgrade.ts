import { createHash } from 'node:crypto';
import { OncePer } from '../../lib/once-per.ts';
import type { ScramHash } from '../ports.ts';
import { DIGESTS, type SaslOffer } from './mechanism.ts';

/**
 * What tells a client, under the protection of its password, whether it saw the
 * offer as it was made (XEP-0474 §5.1): base64, for the attribute `h`.
 */
export function offerHash(hash: ScramHash, offer: SaslOffer): string {
  return hashes.get(offer, hash, () => makeHash(hash, offer));
}

/** Streams in the same state are made one and the same offer. */
const hashes = new OncePer<SaslOffer, string>();

function makeHash(hash: ScramHash, { mechanisms, bindingTypes }: SaslOffer): string {
  const names = mechanisms.map(({ name }) => name);
  const lists = bindingTypes.length > 0 ? [names, bindingTypes] : [names];
  const text = lists.map((list) => list.toSorted().join('\x1e')).join('\x1f');
  return createHash(DIGESTS[hash]).update(text).digest('base64');
}
