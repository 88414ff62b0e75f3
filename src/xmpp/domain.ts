import tr46 from 'tr46';
import { JidError } from './jid-error.ts';
import { findNoIdentifier } from './precis.ts';

/** Bytes of a domain in UTF-8 (RFC 7622 §3.2). */
const MAX_DOMAIN_BYTES = 1023;
/** Characters of a label as the DNS sees it (RFC 1035 §2.3.4). */
const MAX_LABEL_LENGTH = 63;

// Names that are in their normal form but for case. Two hyphens in a row are left to tr46.
const PLAIN_DOMAIN = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/i;

const OPTIONS = {
  checkBidi: true,
  checkHyphens: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
} as const;

/**
 * The domain in its normal form: lower case, A-labels as U-labels, no trailing
 * dot; or an IP literal (RFC 7622 §3.2). Throws `JidError`.
 */
export function prepareDomain(text: string): string {
  if (text.length <= MAX_LABEL_LENGTH && PLAIN_DOMAIN.test(text)) return text.toLowerCase();
  if (text === '') throw new JidError('the domain is empty');
  if (text.length > MAX_DOMAIN_BYTES) throw new JidError('the domain is too long');
  return text.startsWith('[') ? prepareIpLiteral(text) : prepareName(text);
}

function prepareName(text: string): string {
  const name = toNormalForm(withoutTrailingDot(toNormalForm(text)));
  const ascii = tr46.toASCII(name, OPTIONS);
  if (ascii === null) throw notADomain();
  for (const label of ascii.split('.')) checkLabelLength(label);
  checkCharacters(name);
  if (Buffer.byteLength(name) > MAX_DOMAIN_BYTES) throw new JidError('the domain is too long');
  return name;
}

function toNormalForm(text: string): string {
  const { domain, error } = tr46.toUnicode(text, OPTIONS);
  if (error) throw notADomain();
  return domain;
}

function withoutTrailingDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function checkLabelLength(label: string): void {
  if (label === '') throw new JidError('the domain has an empty label');
  if (label.length > MAX_LABEL_LENGTH) throw new JidError('the domain has too long a label');
}

/** tr46 admits symbols for the sake of the web; labels of IDNA2008 have none (RFC 5892 §3). */
function checkCharacters(name: string): void {
  for (const label of name.split('.')) {
    if (findNoIdentifier(label)) throw notADomain();
  }
}

/** `[IPv6]`, shortened as RFC 5952 has it. */
function prepareIpLiteral(text: string): string {
  const url = `http://${text}/`;
  const isLiteral = /^\[[0-9a-f:.]+\]$/i.test(text) && URL.canParse(url);
  if (!isLiteral) throw new JidError('the domain is not an IPv6 address');
  return new URL(url).hostname;
}

function notADomain(): JidError {
  return new JidError('the domain is not a valid internationalised domain name');
}
