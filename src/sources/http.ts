import { z } from 'zod';
import type { ScramKeys } from '../stream/ports.ts';
import { HASH_LENGTHS } from '../stream/sasl/hashing.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { Gate } from './gate.ts';
import {
  type AccountSource,
  type HttpSettings,
  PasswordRefusedError,
  SourceError,
} from './ports.ts';

/** Bytes of an answer; it holds three sets of keys at most. */
const MAX_ANSWER = 16_384;

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const scramKeys = z
  .object({
    hash: z.enum(['SHA-1', 'SHA-256', 'SHA-512']),
    salt: base64.refine(({ length }) => length > 0 && length <= 64),
    iterations: z.int().min(4_096).max(1_000_000),
    storedKey: base64,
    serverKey: base64,
  })
  .refine(({ hash, storedKey, serverKey }) =>
    [storedKey, serverKey].every(({ length }) => length === HASH_LENGTHS[hash]),
  );
const yesOrNo = z.object({ result: z.boolean() });
const keysOrNone = z.object({ result: z.array(scramKeys).max(3).nullable() });

/**
 * The accounts of a web site. Each question is a POST with a JSON object, `ask` and
 * `user` and `domain` and what else it takes; the answer is a JSON object with `result`.
 */
export class HttpSource implements AccountSource {
  readonly type = 'http';
  readonly scramKeys?: (local: string) => Promise<readonly ScramKeys[] | null>;
  readonly change?: (local: string, password: string) => Promise<void>;
  readonly #domain: string;
  readonly #settings: HttpSettings;
  readonly #gate: Gate;

  constructor(domain: string, settings: HttpSettings, gate: Gate) {
    this.#domain = domain;
    this.#settings = settings;
    this.#gate = gate;
    if (settings.hasScramKeys) this.scramKeys = (local) => this.#scramKeys(local);
    if (settings.takesChanges) this.change = (...args) => this.#change(...args);
  }

  async verify(user: string, password: string): Promise<boolean> {
    return (await this.#ask({ ask: 'verify', user, password }, yesOrNo)).result;
  }

  async exists(user: string): Promise<boolean> {
    return (await this.#ask({ ask: 'exists', user }, yesOrNo)).result;
  }

  async #scramKeys(user: string): Promise<readonly ScramKeys[] | null> {
    return (await this.#ask({ ask: 'scramKeys', user }, keysOrNone)).result;
  }

  async #change(user: string, password: string): Promise<void> {
    const { result } = await this.#ask({ ask: 'change', user, password }, yesOrNo);
    if (!result) throw new PasswordRefusedError('the site takes no such password');
  }

  #ask<T>(question: object, answer: z.ZodType<T>): Promise<T> {
    const { url, secret } = this.#settings;
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      accept: 'application/json',
    };
    const body = JSON.stringify({ ...question, domain: this.#domain });
    const request = { method: 'POST', headers, body };
    return this.#gate.run(async (signal) => {
      const { status, text } = await boundedFetch(url, { ...request, signal }, MAX_ANSWER);
      if (status !== 200) throw new SourceError(`it answers ${status}`);
      const parsed = answer.safeParse(parseJson(text));
      if (!parsed.success) throw new SourceError('its answer is not what was asked for');
      return parsed.data;
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SourceError('its answer is not JSON');
  }
}
