import type { Maybe } from '../../lib/maybe.ts';
import { type Element, xml } from '../../xml/element.ts';
import { formatDateTime } from '../../xmpp/date-time.ts';
import type { ClientStream } from '../client-stream.ts';
import type { InlineFeature, InlineResult, SignInFacts } from '../inline.ts';
import { SaslError } from '../sasl/mechanism.ts';
import { TokenAttempt } from '../sasl/token-attempt.ts';
import { tokenMechanisms } from '../sasl/token-offer.ts';
import type { GrantedToken, HeldToken, TokenUse } from '../token-ports.ts';

const FAST = 'urn:xmpp:fast:0';
const REQUEST = 'request-token';
const NOTHING: InlineResult = { answer: null, session: null };

/** No more digits than a number holds; the schema has xs:int. */
const COUNT = /^\d{1,15}$/;
const BOOLEANS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** Signing in by a token (XEP-0484 §4.1); a token that has grown old is followed by another (§4.5). */
export const fast: InlineFeature = {
  name: 'fast',
  xmlns: FAST,

  offer(stream) {
    const names = tokenMechanisms(stream).map(({ name }) => xml('mechanism', {}, name));
    return names.length > 0 ? xml('fast', { xmlns: FAST }, ...names) : null;
  },

  negotiate(stream, _, facts) {
    const { token } = facts;
    const shown = token?.shown;
    if (!shown?.isDue || token?.isLast || facts.wantsToken) return NOTHING;
    return grant(stream, shown.mechanism, facts);
  },
};

/**
 * A client asks for a token (XEP-0484 §4.2). In vain without the id of its installation,
 * or for a mechanism that was not offered.
 */
export const requestToken: InlineFeature = {
  name: REQUEST,
  xmlns: FAST,

  offer: () => null,

  negotiate(stream, { attrs: { mechanism } }, facts) {
    const isOffered = tokenMechanisms(stream).some(({ name }) => name === mechanism);
    return isOffered && facts.userAgent ? grant(stream, mechanism!, facts) : NOTHING;
  },
};

/** Whether `<authenticate/>` asks for a token. */
export function wantsToken(element: Element): boolean {
  return element.getChild(REQUEST, FAST) !== undefined;
}

/**
 * The attempt that `<authenticate/>` makes with `<fast/>`; null where it has none. Throws
 * `SaslError` for what is no such attempt.
 */
export function readAttempt(
  element: Element,
  { host }: ClientStream,
  client: string,
): TokenAttempt | null {
  const shown = element.getChild('fast', FAST);
  if (!shown) return null;
  if (!host.tokens) throw new SaslError('invalid-mechanism');
  // Tokens are a client's (XEP-0484 §5.1).
  if (client === '') throw new SaslError('malformed-request');
  return new TokenAttempt(host.tokens, client, readUse(shown));
}

function readUse({ attrs: { count, invalidate = 'false' } }: Element): TokenUse {
  const isLast = BOOLEANS.get(invalidate);
  if (isLast === undefined || (count !== undefined && !COUNT.test(count))) {
    throw new SaslError('malformed-request');
  }
  return { count: count === undefined ? null : Number(count), isLast };
}

function grant(
  { host, username }: ClientStream,
  mechanism: string,
  { userAgent: client, clientName: name, token }: SignInFacts,
): Maybe<InlineResult> {
  const after: HeldToken | null = token?.shown ?? null;
  const granted = host.tokens!.grant({ username, client }, { mechanism, name, after });
  return granted.then((token) => (token ? { answer: write(token), session: null } : NOTHING));
}

function write({ text, expires }: GrantedToken): Element {
  return xml('token', { xmlns: FAST, expiry: formatDateTime(expires), token: text });
}
