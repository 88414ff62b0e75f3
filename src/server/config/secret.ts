import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

const secrets = z.registry<{ readonly isSecret: true }>();
const MAX_SECRET_BYTES = 65_536;

/**
 * A field that holds a secret. Its value may be `file:PATH` (the file's text
 * without its last line break) or `env:NAME`; no message ever shows it.
 */
export function secret() {
  return z.string().min(1).register(secrets, { isSecret: true });
}

/** Described or not: a description makes another schema of it. */
export function isSecret(schema: z.core.$ZodType): boolean {
  return secrets.get(schema as z.ZodType) !== undefined;
}

/**
 * What a secret's value stands for. Relative paths start at `directory`.
 * @throws {Error} whose message says what is missing, without the secret.
 */
export function resolveSecret(value: string, directory: string): string {
  if (value.startsWith('file:')) return readSecret(resolve(directory, value.slice(5)));
  if (!value.startsWith('env:')) return value;
  const content = process.env[value.slice(4)];
  if (!content) throw new Error(`the environment variable ${value.slice(4)} is not set`);
  return content;
}

function readSecret(path: string): string {
  const content = readFileSync(path);
  if (content.length > MAX_SECRET_BYTES) throw new Error(`${path} is too large for a secret`);
  const text = content.toString('utf8').replace(/\r?\n$/, '');
  if (text === '') throw new Error(`${path} is empty`);
  return text;
}
