import { derElements } from './der.ts';

/**
 * The hash that tls-server-end-point takes of a certificate (RFC 5929 §4.1): the
 * one of its signature, where MD5 and SHA-1 give way to SHA-256. Null where the
 * signature has no single hash, so that the binding is undefined: Ed25519.
 *
 * Reads just the three elements that lead there, on every sign-in; the library
 * that makes certificates builds the whole tree and takes long to load.
 */
export function bindingHash(certificate: Buffer): string | null {
  const [fields] = elements(certificate);
  const [, algorithm] = fields ? elements(fields) : [];
  const [oid, parameters] = algorithm ? elements(algorithm) : [];
  if (!oid) return null;
  const name = oid.toString('hex');
  return name === RSASSA_PSS ? pssHash(parameters) : (SIGNATURES.get(name) ?? null);
}

/** Object identifiers (RFC 8017 appendix C, RFC 5758 §3.2), as their bytes. */
const RSASSA_PSS = '2a864886f70d01010a';
const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'],
  ['2a864886f70d010105', 'sha256'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha256'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
]);
const HASHES: ReadonlyMap<string, string> = new Map([
  ['2b0e03021a', 'sha256'],
  ['608648016503040201', 'sha256'],
  ['608648016503040202', 'sha384'],
  ['608648016503040203', 'sha512'],
]);
/** `[0]`, in which RSASSA-PSS names its hash; SHA-1 where it is left out (RFC 8017 §A.2.3). */
const HASH_PARAMETER = 0xa0;

function pssHash(parameters: Buffer | undefined): string | null {
  if (parameters?.[0] !== HASH_PARAMETER) return 'sha256';
  const [explicit] = elements(parameters);
  const [algorithm] = explicit ? elements(explicit) : [];
  const [oid] = algorithm ? elements(algorithm) : [];
  return HASHES.get(oid?.toString('hex') ?? '') ?? null;
}

/** The contents of the elements that follow each other in `bytes`. */
function elements(bytes: Buffer): Buffer[] {
  return derElements(bytes).map(({ contents }) => contents);
}
