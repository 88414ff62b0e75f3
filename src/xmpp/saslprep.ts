import saslprep from '@mongodb-js/saslprep';

/** Bytes of a password in UTF-8, so that hashing one costs a bounded time. */
const MAX_PASSWORD_BYTES = 1023;

/** A password that SASLprep does not admit. */
export class SaslprepError extends Error {
  /** What is wrong, in plain words; never the password. */
  readonly text: string;

  constructor(text: string) {
    super(text);
    this.name = 'SaslprepError';
    this.text = text;
  }
}

/**
 * The password as it is hashed for storing: unassigned characters are refused,
 * since a later Unicode may map them (RFC 4013 §2.5). Throws `SaslprepError`.
 */
export function prepareStoredPassword(text: string): string {
  return prepare(text, false);
}

/**
 * The password as sent for checking; unassigned characters are let through
 * (RFC 4013 §2.5). Throws `SaslprepError`.
 */
export function prepareQueryPassword(text: string): string {
  return prepare(text, true);
}

function prepare(text: string, allowUnassigned: boolean): string {
  if (text.length > MAX_PASSWORD_BYTES || Buffer.byteLength(text) > MAX_PASSWORD_BYTES) {
    throw new SaslprepError('the password is too long');
  }
  const prepared = isAsciiPrintable(text) ? text : applyProfile(text, allowUnassigned);
  if (prepared === '') throw new SaslprepError('the password is empty');
  return prepared;
}

function isAsciiPrintable(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function applyProfile(text: string, allowUnassigned: boolean): string {
  try {
    return saslprep(text, { allowUnassigned });
  } catch {
    throw new SaslprepError('the password contains characters that are not allowed in passwords');
  }
}
