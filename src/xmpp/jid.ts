import { LruMap } from '../lib/lru.ts';
import { escapeAttribute } from '../xml/text.ts';
import { prepareDomain } from './domain.ts';
import { JidError } from './jid-error.ts';
import { opaqueString, usernameCaseMapped } from './precis.ts';

export { prepareDomain } from './domain.ts';
export { JidError } from './jid-error.ts';

/** Bytes of a prepared part in UTF-8 (RFC 7622 §3.2, §3.3, §3.4). */
const MAX_PART_BYTES = 1023;

/** UTF-16 units of a part before it is prepared; no preparation makes more than two into one byte. */
const MAX_PART_UNITS = 2 * MAX_PART_BYTES;

/** Three such parts and their separators. Checked first, so that the rest is bounded. */
const MAX_TEXT_UNITS = 3 * MAX_PART_UNITS + 2;

/** Longer texts are parsed anew each time, so that a cache full of them stays small. */
const MAX_CACHED_UNITS = 256;
const CACHED_JIDS = 20_000;

/**
 * An XMPP address (RFC 7622), immutable. Its parts are prepared, so that two
 * addresses are the same exactly when their strings are.
 */
export class Jid {
  /** '' when there is none. */
  readonly local: string;
  readonly domain: string;
  /** '' when there is none. */
  readonly resource: string;
  #text: string | undefined;
  #bare: Jid | undefined;
  #attribute: string | undefined;

  private constructor(local: string, domain: string, resource: string) {
    this.local = local;
    this.domain = domain;
    this.resource = resource;
  }

  /**
   * Reads an address as it comes from the wire, and prepares its parts.
   * Throws `JidError`. Recent results are remembered.
   */
  static parse(text: string): Jid {
    if (text.length > MAX_CACHED_UNITS) return parseAnew(text);
    const known = recent.get(text);
    if (known) return known;
    const jid = parseAnew(text);
    recent.set(text, jid);
    return jid;
  }

  /** An address of parts that are prepared already; nothing is checked. */
  static of(local: string, domain: string, resource = ''): Jid {
    return new Jid(local, domain, resource);
  }

  /** Prepares the parts; '' stands for no localpart or resource. Throws `JidError`. */
  static make(local: string, domain: string, resource = ''): Jid {
    return new Jid(
      local && prepareLocal(local),
      prepareDomain(domain),
      resource && prepareResource(resource),
    );
  }

  get isBare(): boolean {
    return this.resource === '';
  }

  /** The address without its resource; itself when it has none. */
  get bare(): Jid {
    if (this.resource === '') return this;
    this.#bare ??= new Jid(this.local, this.domain, '');
    return this.#bare;
  }

  /** `local@domain`, or `domain`. */
  get bareString(): string {
    return this.bare.toString();
  }

  /** The same account with another resource. Throws `JidError`. */
  withResource(resource: string): Jid {
    const jid = new Jid(this.local, this.domain, resource && prepareResource(resource));
    jid.#bare = this.bare;
    return jid;
  }

  equals(other: Jid): boolean {
    return (
      this === other ||
      (this.local === other.local &&
        this.domain === other.domain &&
        this.resource === other.resource)
    );
  }

  toString(): string {
    this.#text ??= join(this.local, this.domain, this.resource);
    return this.#text;
  }

  /** So that logs show the address as text. */
  /** The address as it is written between an attribute's quotes. */
  get attribute(): string {
    this.#attribute ??= escapeAttribute(this.toString());
    return this.#attribute;
  }

  toJSON(): string {
    return this.toString();
  }
}

const recent = new LruMap<string, Jid>(CACHED_JIDS);

function join(local: string, domain: string, resource: string): string {
  const bare = local ? `${local}@${domain}` : domain;
  return resource ? `${bare}/${resource}` : bare;
}

/** The first slash ends the bare part; the first at sign in that ends the localpart (RFC 7622 §3.1). */
function parseAnew(text: string): Jid {
  if (text.length > MAX_TEXT_UNITS) throw new JidError('the address is too long');
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const at = bare.indexOf('@');
  return Jid.of(
    at < 0 ? '' : prepareLocal(bare.slice(0, at)),
    prepareDomain(at < 0 ? bare : bare.slice(at + 1)),
    slash < 0 ? '' : prepareResource(text.slice(slash + 1)),
  );
}

// ASCII that UsernameCaseMapped leaves alone, but for case, and RFC 7622 §3.3.1 does not exclude.
const ASCII_LOCAL = /^[!#-%(-.0-9;=?A-Z[-~]+$/;
const EXCLUDED_FROM_LOCAL = /["&'/:<>@]/;

// In errors; not "user name", since rooms have one as well.
const LOCAL_NAME = 'name before the @';

/**
 * The localpart under the UsernameCaseMapped profile, for a user name as typed
 * or sent (RFC 7622 §3.3). Throws `JidError`.
 */
export function prepareLocal(text: string): string {
  if (text.length <= MAX_PART_BYTES && ASCII_LOCAL.test(text)) return text.toLowerCase();
  const local = prepared(LOCAL_NAME, text, usernameCaseMapped);
  const excluded = EXCLUDED_FROM_LOCAL.exec(local);
  if (excluded) throw new JidError(`the ${LOCAL_NAME} must not contain ${excluded[0]}`);
  return local;
}

const ASCII_RESOURCE = /^[!-~][ -~]*$/;

/**
 * The resource under the OpaqueString profile; case is kept (RFC 7622 §3.4).
 * It must not begin with a space (RFC 7622 §3.5, example 18). Throws `JidError`.
 */
export function prepareResource(text: string): string {
  if (text.length <= MAX_PART_BYTES && ASCII_RESOURCE.test(text)) return text;
  const resource = prepared('resource', text, opaqueString);
  if (resource.startsWith(' ')) throw new JidError('the resource begins with a space');
  return resource;
}

function prepared(part: string, text: string, profile: typeof opaqueString): string {
  if (text === '') throw new JidError(`the ${part} is empty`);
  if (text.length > MAX_PART_UNITS) throw new JidError(`the ${part} is too long`);
  const result = profile(text, part);
  if (Buffer.byteLength(result) > MAX_PART_BYTES) throw new JidError(`the ${part} is too long`);
  return result;
}
